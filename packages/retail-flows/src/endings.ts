import type { FlowResult, FlowStatus } from './flow.ts';
import type { ShopSeen } from './seen.ts';

/** How often a flow ended in one way, and why. */
export interface Ending {
  flow: string;
  times: number;
  of: number;
  reasons: string[];
}

/** The flows that ended in this way at least once in a shop. */
export function endings({ results }: Pick<ShopSeen, 'results'>, status: FlowStatus): Ending[] {
  const flows = [...new Set(results.filter((one) => one.status === status).map(({ flow }) => flow))];
  return flows.map((flow) => {
    const all = results.filter((one) => one.flow === flow);
    const those = all.filter((one) => one.status === status);
    return { flow, times: those.length, of: all.length, reasons: [...new Set(those.flatMap(reasonsOf))] };
  });
}

/** The worst that a flow came to in a shop, over all its repeats; `not-run` where there was none. */
export function worstEnding({ results }: Pick<ShopSeen, 'results'>, flow: string): FlowStatus | 'not-run' {
  const ended = new Set(results.filter((one) => one.flow === flow).map(({ status }) => status));
  return (['failed', 'unknown', 'blocked', 'passed'] as const).find((status) => ended.has(status)) ?? 'not-run';
}

/** Why a flow did not pass, one sentence each. */
export function reasonsOf({ facts, wrong, trouble }: FlowResult): string[] {
  const told = wrong.map(
    ({ fact, expected, seen }) => `${fact}: expected ${expected || 'none'}, seen ${seen || 'none'}`,
  );
  const none = facts === 0 && !trouble ? ['no fact was looked at'] : [];
  return [...told, ...(trouble ? [`${trouble.step}: ${trouble.message}`] : []), ...none];
}
