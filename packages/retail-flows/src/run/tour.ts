import { type Client, OdooError } from '@tillgate/odoo';
import { reasonsOf } from '../endings.ts';
import type { Aftermath, Flow, FlowResult, StepTime, Visit } from '../flow.ts';
import { listKept } from '../nothing-stays/kept.ts';
import { ANY_MARK, markOf } from '../nothing-stays/mark.ts';
import { sweep } from '../nothing-stays/sweep.ts';
import type { ShopSeen } from '../seen.ts';
import type { Shop } from '../shop.ts';
import { callIn, runFlow } from '../visit.ts';
import type { TourWishes } from './run-smoke.ts';
import type { Slots } from './slots.ts';

type Left = Pick<FlowResult, 'stays' | 'leftovers'>;

/** After so many flows without an answer, the server is taken for gone. */
const ENOUGH_UNKNOWN = 2;

/** What a tour works with. Results are added to `seen` as flows end. */
interface Luggage {
  client: Client;
  shop: Shop;
  run: string;
  request: TourWishes;
  slots: Slots;
  seen: ShopSeen;
}

/** The flows in one shop, round by round. */
export class Tour {
  readonly #luggage: Luggage;
  readonly #call: Visit['call'];

  constructor(luggage: Luggage) {
    this.#luggage = luggage;
    this.#call = callIn(luggage.client, luggage.shop);
  }

  /**
   * Runs all flows as often as asked for. Whatever goes wrong in a flow becomes its result. Once the run is to stop, no
   * flow begins, and those that have begun take back what they made.
   */
  async go(flows: readonly Flow[]): Promise<void> {
    const { request, slots } = this.#luggage;
    for (let round = 1; round <= request.repeats; round += 1) {
      const visits = flows.map((flow) => slots(() => this.#visit(flow, round)));
      // All are awaited also where one threw: none may go on in a shop that is given back.
      for (const ended of await Promise.allSettled(visits)) if (ended.status === 'rejected') throw ended.reason;
    }
  }

  async #visit(flow: Flow, round: number): Promise<void> {
    const { client, shop, run, request, seen } = this.#luggage;
    if (request.stop?.aborted) return;
    if (seen.results.filter(({ status }) => status === 'unknown').length >= ENOUGH_UNKNOWN) return;
    const mark = markOf(`${run}-${round}`, flow.name, seen.kept);
    const { result: ran, times } = await runFlow(flow, client, shop, mark, request.stop);
    const left = flow.writes.length > 0 ? await this.#after(flow, mark) : { stays: [], leftovers: [] };
    const result: FlowResult = { ...ran, ...left };
    seen.results.push(result);
    if (result.status === 'passed') keepTimes(seen, flow, times); // what failed early was fast for the wrong reason
    request.say(line(result));
  }

  /** Takes back what a flow has made, or lists it where it is to stay. */
  async #after(flow: Flow, mark: string): Promise<Left> {
    const { shop, seen } = this.#luggage;
    const marked = flow.marked ?? [];
    if (seen.kept) {
      return answered('the list of what is kept', async () => ({
        stays: await listKept(this.#call, shop.modules, mark, marked),
        leftovers: [],
      }));
    }
    const own = await this.#cleanUp(flow, { shop, mark, call: this.#call });
    const swept = await answered(`everything marked ${mark}`, () => sweep(this.#call, shop.modules, mark, marked));
    return { stays: swept.stays, leftovers: [...own, ...swept.leftovers] };
  }

  /** A flow's own clean-up. It may be anybody's code: whatever it throws is a leftover. */
  async #cleanUp(flow: Flow, aftermath: Aftermath): Promise<string[]> {
    try {
      await flow.cleanUp?.(aftermath);
      return [];
    } catch (thrown) {
      return [`clean-up of ${flow.name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`];
    }
  }
}

/** Takes back what killed runs have left, whatever flow it was. */
export function takeBackKilled(call: Visit['call'], { modules }: Shop, flows: readonly Flow[]): Promise<Left> {
  const marked = flows.flatMap((flow) => flow.marked ?? []);
  return answered(`everything marked ${ANY_MARK}`, () => sweep(call, modules, ANY_MARK, marked));
}

/** Where Odoo did not answer, all of it is a leftover. */
async function answered(what: string, work: () => Promise<Left>): Promise<Left> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof OdooError)) throw cause;
    return { stays: [], leftovers: [`${what}: ${cause.message}`] };
  }
}

function keepTimes({ times: kept }: ShopSeen, flow: Flow, times: readonly StepTime[]): void {
  for (const { step, ms } of times) {
    const key = `${flow.name}: ${step}`;
    const all = kept[key] ?? [];
    all.push(Math.round(ms * 10) / 10);
    kept[key] = all;
  }
}

function line(result: FlowResult): string {
  const reasons = result.status === 'passed' ? [] : reasonsOf(result);
  return `${result.flow} ${result.status} (${Math.round(result.ms)} ms)${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`;
}
