import { defineFlow } from '../flow.ts';
import { since } from '../steps/fields.ts';
import { hourAgo } from '../steps/queues.ts';

export const queues = defineFlow({
  name: 'queues',
  title: 'What waits to be sent and done does not pile up',
  modules: ['mail'],
  writes: [],
  async run(visit) {
    const due = hourAgo();
    if (since(visit, 15)) {
      // Before, jobs could not be woken.
      const waking = await visit.step('wake-ups of scheduled jobs are read', () =>
        visit.call<{ cron_id: [number, string] }[]>('ir.cron.trigger', 'search_read', {
          domain: [
            ['call_at', '<', due],
            ['cron_id.active', '=', true],
          ],
          fields: ['cron_id'],
        }),
      );
      visit.check(
        'jobs that were woken more than an hour ago and did not run',
        [],
        [...new Set(waking.map(({ cron_id: [, name] }) => name))].sort(),
      );
    }
    const sends = await visit.call<{ active: boolean }[]>('ir.cron', 'search_read', {
      domain: [['model_id.model', '=', 'mail.mail']],
      fields: ['active'],
      context: { active_test: false },
    });
    // In a neutralised copy nothing sends mail, and nothing should.
    if (visit.shop.isNeutralized && !sends.some(({ active }) => active)) return;
    const mails = await visit.step('outgoing mails are counted', () =>
      visit.call<number>('mail.mail', 'search_count', {
        domain: [
          ['state', '=', 'outgoing'],
          ['create_date', '<', due],
          '|',
          ['scheduled_date', '=', false],
          ['scheduled_date', '<', due],
        ],
      }),
    );
    visit.check('mails that wait for more than an hour', 0, mails);
  },
});
