import type { FlowResult } from '../flow.ts';
import type { SmokeSeen } from '../seen.ts';

/** A flow that went well; examples change what they are about. */
export function exampleResult(changes: Partial<FlowResult> = {}): FlowResult {
  return {
    flow: 'sale-to-payment',
    status: 'passed',
    checks: [{ fact: 'stock went down by exactly one', expected: '9', seen: '9', holds: true }],
    times: [{ step: 'it is confirmed', ms: 110 }],
    stays: ['order S00012, cancelled'],
    leftovers: [],
    ...changes,
  };
}

/** A run in which all went well. */
export function exampleSmoke(changes: Partial<SmokeSeen> = {}): SmokeSeen {
  return {
    shop: { version: '19.0', company: 'Corner Shops', warehouse: 'Main', isNeutralized: true, live: [] },
    dry: false,
    planned: [{ flow: 'sale-to-payment', title: 'Sell one', writes: ['1 order (cancelled)'] }],
    left: [],
    results: [exampleResult()],
    inherited: { stays: [], leftovers: [] },
    latency: [],
    times: {},
    ...changes,
  };
}
