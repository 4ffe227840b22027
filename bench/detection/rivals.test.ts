import { describe, expect, it } from '@jest/globals';
import { argo, flagger, mannWhitney } from './rivals.ts';
import { type Cell, SCRAPES, type Trace, traceOf } from './traces.ts';

const cell: Cell = { rate: 10, base: 0.003, effect: 1, scenario: 'plain' };

/** An hour in which the candidate answers 15 requests a scrape, so many of them badly. */
function traceWith(badAt: (scrape: number) => number, scenario: Cell['scenario'] = 'plain'): Trace {
  const trace = traceOf({ ...cell, scenario }, 1);
  for (let at = 1; at <= SCRAPES; at++) {
    trace.candidate.total[at] = (trace.candidate.total[at - 1] as number) + 15;
    trace.candidate.bad[at] = (trace.candidate.bad[at - 1] as number) + badAt(at);
  }
  return trace;
}

describe('rivals on a simulated hour', () => {
  it('Flagger rolls back one interval after the check that was one too many', () => {
    const bad = traceWith(() => 3);
    expect(flagger(60, 0.99, 5).abortsAt(bad)).toBe(360);
    expect(flagger(60, 0.99, 1).abortsAt(bad)).toBe(120);
    expect(flagger(60, 0.99, 5).abortsAt(traceWith(() => 0))).toBeUndefined();
  });

  it('Argo Rollouts retries what cannot be measured after 10 s, and ends with the failure that is one too many', () => {
    // Nothing has two samples at 0 s and at 10 s; measured at 20 s and every 5 min from there: the fourth failure is at 920 s.
    expect(argo(300, 0.95, 3).abortsAt(traceWith(() => 3))).toBe(920);
    expect(argo(300, 0.95, 3, 60).abortsAt(traceWith(() => 3))).toBe(960);
    // Samples that come 30 s late: nothing at 0, 10, 20, 30 and 40 s, which is five errors in a row.
    expect(argo(300, 0.95, 3).abortsAt(traceWith(() => 0, 'lag'))).toBe(40);
    expect(argo(300, 0.95, 3, 60).abortsAt(traceWith(() => 0, 'lag'))).toBeUndefined();
  });

  // Ages of males and females at diagnosis, as in the documentation of SciPy's mannwhitneyu: U = 17 of 20, so (17 - 10) / sqrt(20 (9 + 1) / 12).
  it('the rank test of the Kayenta-like rule agrees with a published example', () => {
    expect(mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12])).toBeCloseTo(1.7146, 4);
  });
});
