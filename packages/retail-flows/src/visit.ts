import { type Client, OdooError } from '@tillgate/odoo';
import type { CallArguments, Check, Comparable, Flow, FlowResult, FlowStatus, StepTime, Visit } from './flow.ts';
import type { Shop } from './shop.ts';

/** Something went wrong in a part of a flow; `isOwn`: in a part that the flow is about. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly step: string;
  readonly isOwn: boolean;
  readonly trouble: unknown;

  constructor(step: string, isOwn: boolean, trouble: unknown) {
    super(`${step}: ${trouble instanceof Error ? trouble.message : String(trouble)}`);
    this.step = step;
    this.isOwn = isOwn;
    this.trouble = trouble;
  }
}

/** A fact that must hold before a flow can go on does not. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

const bound = new WeakMap<Shop, Visit['call']>();

/**
 * Calls methods with the shop's company in their context, in a language and zone that do not vary. For one
 * shop it is always the same function, by which is known what the server was already asked.
 */
export function callIn(client: Client, shop: Shop): Visit['call'] {
  const context = { allowed_company_ids: [shop.company.id], lang: 'en_US', tz: 'UTC' };
  const call =
    bound.get(shop) ??
    (async <T>(model: string, method: string, args: CallArguments = {}) =>
      (await client.call(model, method, { ...args, context: { ...context, ...args.context } })) as T);
  bound.set(shop, call);
  return call;
}

/** Runs one flow to its end; whatever goes wrong becomes its status. Cleaning up is the caller's. */
export async function runFlow(
  flow: Flow,
  client: Client,
  shop: Shop,
  mark: string,
): Promise<Omit<FlowResult, 'stays' | 'leftovers'>> {
  const checks: Check[] = [];
  const times: StepTime[] = [];
  const part = async <T>(what: string, isOwn: boolean, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (trouble) {
      if (trouble instanceof Interrupted) throw trouble;
      throw new Interrupted(what, isOwn, trouble);
    }
  };
  const visit: Visit = {
    shop,
    mark,
    call: callIn(client, shop),
    guest: () => client.guest(),
    prepare: (what, work) => part(what, false, work),
    async step(what, work) {
      const started = performance.now();
      const result = await part(what, true, work);
      times.push({ step: what, ms: performance.now() - started });
      return result;
    },
    check(fact, expected, seen) {
      checks.push({ fact, expected: shown(expected), seen: shown(seen), holds: shown(expected) === shown(seen) });
    },
  };
  const result = (status: FlowStatus, trouble?: FlowResult['trouble']) => ({
    flow: flow.name,
    status,
    checks,
    times,
    ...(trouble && { trouble }),
  });
  try {
    await flow.run(visit);
  } catch (thrown) {
    const { step, isOwn, trouble } = thrown instanceof Interrupted ? thrown : new Interrupted('the flow', true, thrown);
    const message = trouble instanceof Error ? trouble.message : String(trouble);
    return result(statusOf(trouble, isOwn, checks), { step, message });
  }
  const hold = checks.length > 0 && checks.every(({ holds }) => holds);
  return result(hold ? 'passed' : 'failed');
}

/** A server that does not answer says nothing of the flow; a refusal or a crash does. */
function statusOf(trouble: unknown, isOwn: boolean, checks: readonly Check[]): FlowStatus {
  if (checks.some(({ holds }) => !holds)) return 'failed';
  if (trouble instanceof OdooError) {
    const answered = ['refused', 'broken', 'bad-call', 'not-found', 'forbidden'].includes(trouble.reason);
    if (!answered) return 'unknown';
  }
  return isOwn ? 'failed' : 'blocked';
}

const shown = (value: Comparable): string => (Array.isArray(value) ? value.map(String).join(', ') : String(value));
