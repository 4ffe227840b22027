import type { Ending } from '@tillgate/action-kit';
import { type Phase, type Plan, phaseOf, type Status } from '@tillgate/delivery';

/** What a run says of a delivery at its end. */
export interface Ended extends Required<Pick<Ending, 'outcome' | 'green' | 'reasons'>> {
  phase: Phase;
}

/**
 * How a delivery ended. Where everybody has the new version and something turned it since, it stays: nobody is taken back
 * for what nothing is known of, and nobody is told that all was well.
 *
 * @param fault what speaks against what everybody has, though nothing of it turned the release
 */
export function ended(plan: Plan, status: Status, fault?: string): Ended {
  const phase = phaseOf(plan, status);
  const why = status.decided?.reason ?? (phase === 'promoted' ? fault : undefined);
  if (phase === 'promoted' && why === undefined) return { phase, outcome: 'pass', green: true, reasons: [] };
  if (phase === 'promoted')
    return {
      phase,
      outcome: 'warn',
      green: true,
      reasons: [`Everybody has ${plan.to}, but it was not shown to be well to the end: ${why} Look at it.`],
    };
  if (phase === 'returned')
    return {
      phase,
      outcome: 'fail',
      green: false,
      reasons: [`The release went back to ${plan.from}: ${why ?? 'no reason was kept'}`],
    };
  return {
    phase,
    outcome: 'inconclusive',
    green: false,
    reasons: [
      `The delivery is not over (${phase}). ${why ?? 'It was told to stop.'} Run this job again, and it goes on where it is; if nobody does, the watchdog takes it to "${status.safe}".`,
    ],
  };
}
