import type { ConnectOptions } from '@tillgate/odoo';
import { type Baseline, trendWith } from '../baseline.ts';
import type { ShopSeen, SmokeSeen } from '../seen.ts';
import type { WhichShop } from '../shop.ts';
import { messageOf, runSmoke, type TourWishes } from './run-smoke.ts';
import { slotsOf } from './slots.ts';

/** A tenant: one database, and how to get in. */
export interface Tenant extends WhichShop {
  name: string;
  connection: ConnectOptions;
}

export interface TenantsRequest extends TourWishes {
  tenants: readonly Tenant[];
  /** How much is done at once, over all tenants and flows together. */
  concurrency: number;
  baseline?: Baseline | undefined;
  mustCompare: boolean;
  /** The moment that this run has in the trend. */
  at: string;
}

/**
 * Goes shopping at all tenants, several at once. No tenant can keep another from being visited: what goes
 * wrong with one is told of that one.
 */
export async function runTenants(request: TenantsRequest): Promise<SmokeSeen> {
  const { tenants, concurrency, baseline, dry, mustCompare } = request;
  const slots = slotsOf(concurrency);
  const visited: ShopSeen[] = Array(tenants.length);
  const queue = tenants.entries(); // shared by all workers
  const work = async () => {
    for (const [index, tenant] of queue) {
      const say = (line: string) => request.say(tenants.length > 1 ? `${tenant.name}: ${line}` : line);
      const times =
        baseline && Object.hasOwn(baseline.tenants, tenant.name) ? baseline.tenants[tenant.name]?.times : undefined;
      const { name, ...which } = tenant;
      const setAside = tenant.company !== undefined && tenant.warehouse !== undefined;
      try {
        visited[index] = await runSmoke({ ...request, ...which, setAside, tenant: name, baseline: times, say }, slots);
      } catch (thrown) {
        const trouble = messageOf(thrown);
        say(`not gone through: ${trouble}`);
        visited[index] = notVisited(name, trouble);
      }
    }
  };
  // One tenant after the other in each slot, so that few databases are locked and warm at a time.
  await Promise.all(Array.from({ length: Math.min(concurrency, tenants.length) }, work));
  const trend = trendWith(baseline?.trend ?? [], visited, request.at);
  return { dry, mustCompare, tenants: visited, trend };
}

const notVisited = (tenant: string, trouble: string): ShopSeen => ({
  tenant,
  trouble,
  planned: [],
  left: [],
  kept: false,
  results: [],
  inherited: { stays: [], leftovers: [] },
  latency: [],
  times: {},
});
