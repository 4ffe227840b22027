import {
  type AnalysisPlan,
  beginAnalysis,
  type CountWindow,
  decide,
  dispersion,
  fold,
  TIMING,
} from '@tillgate/analysis';
import { type Cell, LAG, SCRAPE, SCRAPES, type Trace, traceOf, WARM_UP } from './traces.ts';

const CASES_OF_PAST = 24;

/** The plan of every cell: only phi is the cell's own, from a day of its past. */
export function planOf(cell: Cell): AnalysisPlan {
  const { scenario } = cell;
  const past = Array.from({ length: CASES_OF_PAST }, (_, hour) => {
    const { stable } = traceOf({ ...cell, effect: 1 }, 900_000 + hour);
    return Array.from({ length: SCRAPES }, (_, at) => ({
      bad: (stable.bad[at + 1] as number) - (stable.bad[at] as number),
      total: (stable.total[at + 1] as number) - (stable.total[at] as number),
    }));
  });
  // An incident is no burst: both versions share it. The past is calibrated on days without one.
  const calm = scenario === 'shared incident' ? past.map((hour) => hour.slice(0, 40)) : past;
  return {
    metrics: [
      {
        name: 'errors',
        unit: 'requests',
        bad: 'failed',
        // The question of the null traces: no worse than stable.
        test: { by: 'comparison', tolerated: 1 },
        phi: dispersion(calm.flat()),
        pass: { below: 0.02 },
        // Of few requests, one burst would be most of them.
        floor: { share: 0.5, total: 100 },
      },
    ],
    alpha: 0.01,
    beta: 0.05,
    minimum: { seconds: 300, tenants: 0, sessions: 0 },
  };
}

/** When the analysis fails the release, in seconds, and what it says of it in the end, which takes longer to find words for. */
export function judge(plan: AnalysisPlan, trace: Trace): { abortsAt: number | undefined; outcome(): string } {
  const state = fold(plan, beginAnalysis(plan, 0), windowsOf(trace));
  const at = state.metrics.errors?.failed?.at;
  // What is known is known later: samples lag, and a window is left to settle.
  const later = (trace.cell.scenario === 'lag' ? LAG : 0) + TIMING.settle / 1000;
  const abortsAt = at === undefined ? undefined : at / 1000 + later;
  return {
    abortsAt: abortsAt !== undefined && abortsAt <= SCRAPE * SCRAPES ? abortsAt : undefined,
    outcome: () => decide(plan, state).outcome,
  };
}

function windowsOf({ cell, candidate, stable, lost }: Trace): CountWindow[] {
  const windows: CountWindow[] = [];
  let from = cell.scenario === 'cold start' ? WARM_UP / SCRAPE : 0;
  for (let to = from + 1; to <= SCRAPES; to++) {
    if (lost[to]) continue;
    const grown = (of: Float64Array) => (of[to] as number) - (of[from] as number);
    const stratum = {
      tenant: '',
      endpoint: '',
      candidate: { total: grown(candidate.total), bad: [grown(candidate.bad)] },
      stable: { total: grown(stable.total), bad: [grown(stable.bad)] },
    };
    windows.push({ from: from * SCRAPE * 1000, to: to * SCRAPE * 1000, metrics: { errors: [stratum] } });
    from = to;
  }
  return windows;
}
