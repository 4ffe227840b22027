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
    super(`${step}: ${messageOf(trouble)}`);
    this.step = step;
    this.isOwn = isOwn;
    this.trouble = trouble;
  }
}

/** A fact that must hold before a flow can go on does not. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

/** What fields there are does not change while a shop is visited: it is asked once, by whomever. */
const fields = new WeakMap<Shop, Map<string, Promise<unknown>>>();

/**
 * Calls methods with the shop's company in their context, in a language and zone that do not vary.
 *
 * @param stop once it is aborted, no call is begun any more; one that was begun is waited for, so that taking back
 *   finds what it made
 */
export function callIn(client: Client, shop: Shop, stop?: AbortSignal): Visit['call'] {
  const context = { allowed_company_ids: [shop.company.id], lang: 'en_US', tz: 'UTC' };
  const asked = fields.get(shop) ?? new Map<string, Promise<unknown>>();
  fields.set(shop, asked);
  return async <T>(model: string, method: string, args: CallArguments = {}) => {
    throwIfStopped(stop);
    const ask = () => client.call(model, method, { ...args, context: { ...context, ...args.context } });
    if (method !== 'fields_get') return (await ask()) as T;
    const question = `${model} ${JSON.stringify(args)}`;
    const answer = asked.get(question) ?? ask();
    asked.set(question, answer);
    answer.catch(() => asked.delete(question)); // what was not answered is asked again
    return (await answer) as T;
  };
}

function throwIfStopped(stop: AbortSignal | undefined): void {
  if (stop?.aborted) throw new OdooError('cancelled', messageOf(stop.reason), { nothingSent: true });
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/**
 * Runs one flow to its end; whatever goes wrong becomes its status. Cleaning up is the caller's.
 *
 * @param stop ends it before its next call
 */
export async function runFlow(
  flow: Flow,
  client: Client,
  shop: Shop,
  mark: string,
  stop?: AbortSignal,
): Promise<{ result: Omit<FlowResult, 'stays' | 'leftovers'>; times: StepTime[] }> {
  let facts = 0;
  const wrong: Check[] = [];
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
    call: callIn(client, shop, stop),
    guest() {
      throwIfStopped(stop);
      return client.guest();
    },
    prepare: (what, work) => part(what, false, work),
    async step(what, work) {
      const started = performance.now();
      const result = await part(what, true, work);
      times.push({ step: what, ms: performance.now() - started });
      return result;
    },
    check(fact, expected, seen) {
      facts += 1;
      const check = { fact, expected: shown(expected), seen: shown(seen) };
      if (check.expected !== check.seen) wrong.push(check);
    },
  };
  const ended = (status: FlowStatus, trouble?: FlowResult['trouble']) => {
    const ms = times.reduce((sum, step) => sum + step.ms, 0);
    return { result: { flow: flow.name, status, facts, wrong, ms, ...(trouble && { trouble }) }, times };
  };
  try {
    await flow.run(visit);
  } catch (thrown) {
    const { step, isOwn, trouble } = thrown instanceof Interrupted ? thrown : new Interrupted('the flow', true, thrown);
    return ended(statusOf(trouble, isOwn, wrong), { step, message: messageOf(trouble) });
  }
  return ended(facts > 0 && wrong.length === 0 ? 'passed' : 'failed');
}

/** A server that does not answer says nothing of the flow; a refusal or a crash does. */
function statusOf(trouble: unknown, isOwn: boolean, wrong: readonly Check[]): FlowStatus {
  if (wrong.length > 0) return 'failed';
  if (trouble instanceof OdooError) {
    const answered = ['refused', 'broken', 'bad-call', 'not-found', 'forbidden'].includes(trouble.reason);
    if (!answered) return 'unknown';
  }
  return isOwn ? 'failed' : 'blocked';
}

const shown = (value: Comparable): string => (Array.isArray(value) ? value.map(String).join(', ') : String(value));
