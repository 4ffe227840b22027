import { type Client, type ConnectOptions, connect } from '@tillgate/odoo';
import type { Flow } from '../flow.ts';
import { FLOWS } from '../flows/index.ts';
import { compareTimes, type Times } from '../latency.ts';
import { lock } from '../nothing-stays/lock.ts';
import { newRun } from '../nothing-stays/mark.ts';
import { type Plan, planFor, type Wishes } from '../plan.ts';
import type { ShopSeen } from '../seen.ts';
import { readShop, type Shop, ShopError, type WhichShop } from '../shop.ts';
import { callIn } from '../visit.ts';
import { type Slots, slotsOf } from './slots.ts';
import { Tour, takeBackKilled } from './tour.ts';

/** What a run wants of every shop it goes to. */
export interface TourWishes extends Omit<Wishes, 'setAside'> {
  /** Flows beside those that are known here. */
  own?: readonly Flow[];
  /** How often each flow runs; latencies are compared from 5 on. */
  repeats: number;
  /** Only tells what would be done. */
  dry: boolean;
  /** Takes nothing back of what flows make. Only neutralised copies take this. */
  keepData?: boolean;
  maxLatencyRatio: number;
  /** Once it is aborted no flow takes another step: what was made is taken back, and the run says that it is not whole. */
  stop?: AbortSignal | undefined;
  /** Present time in milliseconds. */
  now: () => number;
  /** Takes one line a flow. */
  say: (line: string) => void;
}

export interface SmokeRequest extends TourWishes, Wishes, WhichShop {
  /** How the tenant is called; its database unless told. */
  tenant?: string;
  connection: ConnectOptions;
  /** Times of an earlier run in this shop. */
  baseline?: Times | undefined;
}

/** The flows are shown to work on 14 and 19; what is in between tells by its fields which way it goes. */
const OLDEST = 14;

/**
 * Goes shopping in one shop: runs the flows, takes back what each has made, and tells everything. As many
 * flows run side by side as there are slots; each flow of one round runs once.
 *
 * @throws OdooError, ShopError, LockError, and the reason of `stop`, before anything was written
 */
export async function runSmoke(request: SmokeRequest, slots: Slots = slotsOf(1)): Promise<ShopSeen> {
  const { stop } = request;
  stop?.throwIfAborted();
  const lost = new AbortController();
  const { signal } = request.connection;
  const connection = { ...request.connection, signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal };
  const client = await slots(() => connect(connection));
  try {
    const { shop, plan } = await slots(() => prepare(client, request));
    const seen: ShopSeen = {
      tenant: request.tenant ?? request.connection.database,
      shop: told(shop),
      planned: plan.flows.map(({ name, title, writes }) => ({ flow: name, title, writes: [...writes] })),
      left: plan.left,
      kept: request.keepData ?? false,
      results: [],
      inherited: { stays: [], leftovers: [] },
      latency: [],
      times: {},
    };
    if (request.dry || plan.flows.length === 0) return seen;
    stop?.throwIfAborted();
    const run = newRun();
    const tour = new Tour({ client, shop, run, request, slots, seen });
    const go = async () => {
      await tour.go(plan.flows);
      lost.signal.throwIfAborted(); // then its calls were cancelled, and that tells less
      stop?.throwIfAborted();
    };
    if (plan.flows.every(({ writes }) => writes.length === 0)) await telling(seen, go);
    else {
      const unlock = await lock(client, run, request.now, (reason) => lost.abort(reason));
      await telling(seen, async () => {
        seen.inherited = await slots(() => takeBackKilled(callIn(client, shop), shop, plan.flows));
        await go();
      });
      await unlock().catch((cause) => request.say(`The lock stays until it ends by itself: ${messageOf(cause)}`));
    }
    const { baseline, maxLatencyRatio } = request;
    return { ...seen, latency: baseline ? compareTimes(baseline, seen.times, maxLatencyRatio) : [] };
  } finally {
    client.close();
  }
}

async function prepare(client: Client, request: SmokeRequest): Promise<{ shop: Shop; plan: Plan }> {
  if (Number.parseFloat(client.version) < OLDEST) {
    throw new ShopError(`This is Odoo ${client.version}; the flows work on Odoo ${OLDEST} and newer.`);
  }
  const shop = await readShop(client, request);
  if (request.keepData && !shop.isNeutralized) {
    throw new ShopError(
      'keep-data is refused: this database does not say of itself that it is a neutralised copy, so it may be production.',
    );
  }
  return { shop, plan: planFor([...FLOWS, ...(request.own ?? [])], shop, request) };
}

/** From the first write on, what goes wrong is told beside what was seen, and takes nothing of it away. */
async function telling(seen: ShopSeen, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    seen.trouble = messageOf(thrown);
  }
}

export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const told = ({ version, company, warehouse, isNeutralized, live }: Shop): NonNullable<ShopSeen['shop']> => ({
  version,
  company: company.name,
  ...(warehouse && { warehouse: warehouse.name }),
  isNeutralized,
  live,
});
