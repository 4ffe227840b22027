import { type Client, type ConnectOptions, connect, OdooError } from '@tillgate/odoo';
import type { Flow, FlowResult, Visit } from '../flow.ts';
import { FLOWS } from '../flows/index.ts';
import { type Baseline, compareTimes } from '../latency.ts';
import { lock } from '../nothing-stays/lock.ts';
import { ANY_MARK, markOf, newRun } from '../nothing-stays/mark.ts';
import { sweep } from '../nothing-stays/sweep.ts';
import { planFor, type Wishes } from '../plan.ts';
import type { SmokeSeen } from '../seen.ts';
import { readShop, type Shop, ShopError, type WhichShop } from '../shop.ts';
import { callIn, runFlow } from '../visit.ts';

export interface SmokeRequest extends Wishes, WhichShop {
  connection: ConnectOptions;
  /** How often each flow runs; latencies are compared from 5 on. */
  repeats: number;
  /** Only tells what would be done. */
  dry: boolean;
  baseline?: Baseline | undefined;
  maxLatencyRatio: number;
  /** Present time in milliseconds. */
  now: () => number;
  /** Takes one line a flow. */
  say: (line: string) => void;
}

/** The flows are shown to work on this version; older ones differ in many calls. */
const OLDEST = 19;
/** After so many flows without an answer, the server is taken for gone. */
const ENOUGH_UNKNOWN = 2;

/**
 * Goes shopping: runs the flows one after the other, takes back what each has made, and tells everything.
 *
 * @throws OdooError, ShopError, LockError before anything was written
 */
export async function runSmoke(request: SmokeRequest): Promise<SmokeSeen> {
  const client = await connect(request.connection);
  try {
    if (Number.parseFloat(client.version) < OLDEST) {
      throw new ShopError(`This is Odoo ${client.version}; the flows work on Odoo ${OLDEST} and newer.`);
    }
    const shop = await readShop(client, request);
    const plan = planFor(FLOWS, shop, request);
    const seen: SmokeSeen = {
      shop: told(shop),
      dry: request.dry,
      planned: plan.flows.map(({ name, title, writes }) => ({ flow: name, title, writes: [...writes] })),
      left: plan.left,
      results: [],
      inherited: { stays: [], leftovers: [] },
      latency: [],
      times: {},
    };
    if (request.dry || plan.flows.length === 0) return seen;
    await locked(client, shop, plan.flows, request, seen);
    for (const { flow, status, times } of seen.results) {
      if (status === 'passed') for (const { step, ms } of times) noteTime(seen.times, `${flow}: ${step}`, ms);
    }
    if (request.baseline) seen.latency = compareTimes(request.baseline.times, seen.times, request.maxLatencyRatio);
    return seen;
  } finally {
    client.close();
  }
}

/** Flows that write have the database for themselves, and begin with what killed runs have left. */
async function locked(
  client: Client,
  shop: Shop,
  flows: readonly Flow[],
  request: SmokeRequest,
  seen: SmokeSeen,
): Promise<void> {
  const run = newRun();
  if (flows.every(({ writes }) => writes.length === 0)) return shopping(client, shop, flows, request, run, seen);
  const unlock = await lock(client, run, request.now());
  try {
    seen.inherited = await swept(callIn(client, shop), shop, ANY_MARK);
    await shopping(client, shop, flows, request, run, seen);
  } finally {
    await unlock().catch((cause) => request.say(`The lock stays until it ends by itself: ${(cause as Error).message}`));
  }
}

async function shopping(
  client: Client,
  shop: Shop,
  flows: readonly Flow[],
  request: SmokeRequest,
  run: string,
  seen: SmokeSeen,
): Promise<void> {
  for (let round = 1; round <= request.repeats; round += 1) {
    for (const flow of flows) {
      const mark = markOf(`${run}-${round}`, flow.name);
      const ran = await runFlow(flow, client, shop, mark);
      const left =
        flow.writes.length > 0 ? await swept(callIn(client, shop), shop, mark) : { stays: [], leftovers: [] };
      const result: FlowResult = { ...ran, ...left };
      seen.results.push(result);
      request.say(line(result));
      if (seen.results.filter(({ status }) => status === 'unknown').length >= ENOUGH_UNKNOWN) return;
    }
  }
}

async function swept(call: Visit['call'], { modules }: Shop, pattern: string) {
  try {
    return await sweep(call, modules, pattern);
  } catch (cause) {
    if (!(cause instanceof OdooError)) throw cause;
    return { stays: [], leftovers: [`everything marked ${pattern}: ${cause.message}`] };
  }
}

function noteTime(times: Record<string, number[]>, step: string, ms: number): void {
  const list = times[step] ?? [];
  times[step] = [...list, Math.round(ms * 10) / 10];
}

const told = ({ version, company, warehouse, isNeutralized, live }: Shop): SmokeSeen['shop'] => ({
  version,
  company: company.name,
  ...(warehouse && { warehouse: warehouse.name }),
  isNeutralized,
  live,
});

function line({ flow, status, checks, times, trouble }: FlowResult): string {
  const wrong = checks
    .filter(({ holds }) => !holds)
    .map(({ fact, expected, seen }) => `${fact}: ${seen}, not ${expected}`);
  const reasons = [...wrong, ...(trouble ? [`${trouble.step}: ${trouble.message}`] : [])];
  const took = Math.round(times.reduce((sum, { ms }) => sum + ms, 0));
  return `${flow} ${status} (${took} ms)${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`;
}
