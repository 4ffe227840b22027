import type { Visit } from '../flow.ts';
import { create, only } from './catalogue.ts';

/** Enters a promotion code or the number of a card at an order. */
export async function enterCode(visit: Visit, order: number, code: string): Promise<void> {
  const wizard = await create(visit, 'sale.loyalty.coupon.wizard', { order_id: order, coupon_code: code });
  await visit.call('sale.loyalty.coupon.wizard', 'action_apply', { ids: [wizard] });
}

/** Looks for what an order may be rewarded with, as the button of the order does, and takes the one there is. */
export async function takeReward(visit: Visit, order: number): Promise<void> {
  // Of a single reward that needs no choice, the button takes it by itself.
  const answer = await visit.call('sale.order', 'action_open_reward_wizard', { ids: [order] });
  if (answer === true) return;
  const context = { active_id: order, active_model: 'sale.order' };
  const wizard = await create(visit, 'sale.loyalty.reward.wizard', { order_id: order }, context);
  const [{ reward_ids: rewards } = { reward_ids: [] }] = await visit.call<{ reward_ids: number[] }[]>(
    'sale.loyalty.reward.wizard',
    'read',
    { ids: [wizard], fields: ['reward_ids'] },
  );
  await visit.call('sale.loyalty.reward.wizard', 'write', {
    ids: [wizard],
    vals: { selected_reward_id: only(rewards, 'rewards of the order') },
  });
  await visit.call('sale.loyalty.reward.wizard', 'action_apply', { ids: [wizard] });
}
