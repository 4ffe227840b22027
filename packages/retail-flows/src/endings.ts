import type { FlowResult, FlowStatus } from './flow.ts';
import type { SmokeSeen } from './seen.ts';

/** How often a flow ended in one way, and why. */
export interface Ending {
  flow: string;
  times: number;
  of: number;
  reasons: string[];
}

/** The flows that ended in this way at least once. */
export function endings({ results }: Pick<SmokeSeen, 'results'>, status: FlowStatus): Ending[] {
  const flows = [...new Set(results.filter((one) => one.status === status).map(({ flow }) => flow))];
  return flows.map((flow) => {
    const all = results.filter((one) => one.flow === flow);
    const those = all.filter((one) => one.status === status);
    return { flow, times: those.length, of: all.length, reasons: [...new Set(those.flatMap(reasonsOf))] };
  });
}

/** Why a flow did not pass, one sentence each. */
export function reasonsOf({ checks, trouble }: FlowResult): string[] {
  const wrong = checks
    .filter(({ holds }) => !holds)
    .map(({ fact, expected, seen }) => `${fact}: expected ${expected || 'none'}, seen ${seen || 'none'}`);
  const none = checks.length === 0 && !trouble ? ['no fact was looked at'] : [];
  return [...wrong, ...(trouble ? [`${trouble.step}: ${trouble.message}`] : []), ...none];
}
