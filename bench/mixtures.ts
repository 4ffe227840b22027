import { TIMES_WORSE } from '@tillgate/analysis';
import { type Benchmark, median } from './benchmark.ts';
import { poisson, uniformOf } from './detection/traces.ts';
import { betting, boosted, meansOf, mixture, type Process, single } from './mixtures/candidates.ts';

const TRACES = 1500;
const ALPHA = 0.01;
const BOUND = -Math.log(ALPHA);
/** How many times worse the candidate is. */
const TRUTHS = [1.5, 1.75, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100];
/** The bound is reached after about so many windows, so that their width hardly shows. */
const WINDOWS = 25;
const MOST_WINDOWS = 16 * WINDOWS;

const fine = Array.from({ length: 24 }, (_, k) => 1.2 * 120 ** (k / 23));
const candidates: Record<string, () => Process> = {
  'the mixture in use': () => mixture(),
  'grid 2 4 10 40': () => mixture([2, 4, 10, 40]),
  'grid 1.6 3 8 40': () => mixture([1.6, 3, 8, 40]),
  'grid 1.5 2.5 5 12 50': () => mixture([1.5, 2.5, 5, 12, 50]),
  'grid in use, less weight on the ends': () => mixture(TIMES_WORSE, [0.08, 0.12, 0.16, 0.18, 0.2, 0.14, 0.12]),
  '24 from 1.2 to 144': () => mixture(fine),
  'betting, prior of 1': () => betting(1),
  'betting, prior of 3': () => betting(3),
  'betting, prior of 10': () => betting(10),
  'the mixture in use, boosted': () => boosted(TIMES_WORSE, BOUND),
};

/** What not knowing how much worse a release is costs, and whether another way to weigh alternatives would cost less. */
export default {
  name: 'mixtures',
  about: `${TRACES} releases each of ${TRUTHS.length} effects: windows to detection, over those of the likelihood ratio of the true effect`,
  async run(say) {
    const ratios = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]));
    for (const truth of TRUTHS) {
      say(`${truth} times worse`);
      const known = meanWindows(truth, () => single(truth));
      for (const [name, make] of Object.entries(candidates)) ratios.get(name)?.push(meanWindows(truth, make) / known);
    }
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const rows = [...ratios].map(([name, all]) => [name, mean(all), median(all), Math.max(...all)] as const);
    const inUse = ratios.get('the mixture in use') as number[];
    const least = Math.min(...rows.filter(([name]) => !name.includes('boosted')).map(([, value]) => value));
    return {
      figures: {
        in_use_mean: round(mean(inUse)),
        in_use_worst: round(Math.max(...inUse)),
        best_without_boosting_mean: round(least),
        boosted_mean: round(mean(ratios.get('the mixture in use, boosted') as number[])),
      },
      bounds: { in_use_mean: `<= ${ALLOWED} times the best without boosting` },
      holds: mean(inUse) <= ALLOWED * least,
      table: [['times as long as who knows the effect', 'mean', 'median', 'worst'], ...rows],
    };
  },
} satisfies Benchmark;

/** So much may another way be better, before ours should be it. */
const ALLOWED = 1.05;

/** Windows to detection in the mean; those that never come to it count as the most. */
function meanWindows(truth: number, make: () => Process): number {
  const means = meansOf(truth, BOUND, WINDOWS);
  let sum = 0;
  for (let trace = 0; trace < TRACES; trace++) {
    const uniform = uniformOf(trace * 7 + 1);
    const process = make();
    let window = 1;
    while (window < MOST_WINDOWS) {
      const bad = { candidate: poisson(uniform, means.candidate), stable: poisson(uniform, means.stable) };
      if (process(bad) >= BOUND - 1e-9) break;
      window++;
    }
    sum += window;
  }
  return sum / TRACES;
}

const round = (value: number) => Math.round(value * 1000) / 1000;
