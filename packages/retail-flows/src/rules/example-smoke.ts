import type { FlowResult } from '../flow.ts';
import type { ShopSeen, SmokeSeen } from '../seen.ts';

/** A flow that went well; examples change what they are about. */
export function exampleResult(changes: Partial<FlowResult> = {}): FlowResult {
  return {
    flow: 'sale-to-payment',
    status: 'passed',
    facts: 1,
    wrong: [],
    ms: 110,
    stays: ['order S00012, cancelled'],
    leftovers: [],
    ...changes,
  };
}

/** A shop in which all went well. */
export function exampleShop(changes: Partial<ShopSeen> = {}): ShopSeen {
  return {
    tenant: 'corner-shops',
    shop: { version: '19.0', company: 'Corner Shops', warehouse: 'Main', isNeutralized: true, live: [] },
    planned: [{ flow: 'sale-to-payment', title: 'Sell one', writes: ['1 order (cancelled)'] }],
    left: [],
    kept: false,
    results: [exampleResult()],
    inherited: { stays: [], leftovers: [] },
    latency: [],
    times: {},
    ...changes,
  };
}

/** A run in one shop in which all went well. */
export function exampleSmoke(changes: Partial<ShopSeen> = {}, run: Partial<SmokeSeen> = {}): SmokeSeen {
  return { dry: false, mustCompare: false, tenants: [exampleShop(changes)], trend: [], ...run };
}
