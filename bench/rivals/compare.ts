import type { Measured } from '../benchmark.ts';
import { apart, predict, sequenceOf } from './observed.ts';
import { oursAbortsAt } from './ours.ts';
import { countersOf, type Recording } from './recording.ts';

/** The same verdicts at other times would be another rule; this much is what controllers on a busy machine are late. */
const SECONDS_ALLOWED = 5;

/** What the controllers did beside what the simulation says they do, by the counts that they had. */
export function compare(recordings: readonly Recording[]): Measured {
  let [agreeing, checks, most] = [0, 0, 0];
  const rows = recordings.map((recording) => {
    const { rival, trace, observed, candidate, until } = recording;
    const { begun } = observed;
    const predicted = begun === undefined ? undefined : predict(rival, countersOf(candidate), begun, until);
    const seconds = predicted === undefined ? Number.POSITIVE_INFINITY : apart(observed, predicted);
    const agrees =
      predicted !== undefined && sequenceOf(observed) === sequenceOf(predicted) && seconds <= SECONDS_ALLOWED;
    if (agrees) agreeing++;
    checks += observed.checks.length;
    most = Math.max(most, seconds);
    const ours = oursAbortsAt(recording);
    const since = (at: number | undefined) =>
      at === undefined || begun === undefined ? '-' : String(Math.round(at - begun));
    return [
      rival.name,
      trace,
      sequenceOf(observed),
      predicted === undefined ? 'never began' : sequenceOf(predicted),
      agrees ? 'yes' : 'NO',
      since(observed.abortedAt),
      since(predicted?.abortedAt),
      observed.weights.map(({ weight }) => weight).join(' '),
      seconds.toFixed(1),
      since(ours),
    ];
  });
  return {
    figures: {
      deliveries: recordings.length,
      deliveries_that_agree: agreeing,
      checks,
      seconds_apart_most: Math.round(most * 10) / 10,
    },
    bounds: { deliveries_that_agree: `= ${recordings.length}`, seconds_apart_most: `<= ${SECONDS_ALLOWED}` },
    holds: agreeing === recordings.length,
    table: [
      [
        'rival',
        'trace',
        'observed',
        'simulated',
        'agree',
        'aborts s',
        'simulated s',
        'weights',
        'apart s',
        'Tillgate s',
      ],
      ...rows,
    ],
  };
}
