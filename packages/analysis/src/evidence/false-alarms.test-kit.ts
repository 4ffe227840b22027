/**
 * A worker that counts false alarms in 10,000 traces a kind. It is not run within the test itself, because there every
 * use of `Math` costs a look-up in another context, which makes it some twenty times as slow.
 */
import { parentPort } from 'node:worker_threads';
import { type Draws, drawsOf } from './draws.test-kit.ts';
import { logMeanExp, TIMES_WORSE } from './mixture.ts';
import { addLimit, sharesAbove, sharesBelow } from './one-sample.ts';
import { addComparison } from './two-sample.ts';
import { bandWidth } from './uniform-band.ts';

const TRACES = 10_000;
/** An hour of windows of 15 s, looked at after each. */
const WINDOWS = 240;
const ALPHA = 0.01;
const BOUND = -Math.log(ALPHA);

/** How many of 10,000 traces ever cross the bound. */
function alarms(
  seed: number,
  width: number,
  trace: (draws: Draws) => (logE: number[], window: number) => void,
): number {
  const draws = drawsOf(seed);
  let crossed = 0;
  for (let run = 0; run < TRACES; run++) {
    const logE = new Array<number>(width).fill(0);
    const window = trace(draws);
    for (let at = 0; at < WINDOWS; at++) {
      window(logE, at);
      if (logMeanExp(logE) >= BOUND) {
        crossed++;
        break;
      }
    }
  }
  return crossed;
}

const burst = (draws: Draws, bursts: number) => {
  let bad = 0;
  for (let left = bursts; left > 0; left--) bad += draws.geometric(5);
  return bad;
};

const kinds: Record<string, () => number> = {
  /** Share of requests, at the tolerated ratio, while the base rate and the weights wander. */
  share() {
    return alarms(1, TIMES_WORSE.length, (draws) => (logE, at) => {
      const p = at % 60 < 10 ? 0.05 : 0.003; // an incident that both share
      const [nc, ns] = [draws.between(1, at < 120 ? 20 : 80), draws.between(50, 150)];
      const [xc, xs] = [draws.binomial(nc, 1.2 * p), draws.binomial(ns, p)];
      addComparison(logE, TIMES_WORSE, { bad: xc, total: nc }, { bad: xs, total: ns }, 1.2, 1);
    });
  },
  /** Share of requests in geometric bursts of 5, with phi 9. */
  bursts() {
    return alarms(2, TIMES_WORSE.length, (draws) => (logE) => {
      const [nc, ns] = [draws.between(100, 200), draws.between(1000, 1700)];
      const [xc, xs] = [burst(draws, draws.poisson(nc * 0.0006)), burst(draws, draws.poisson(ns * 0.0006))];
      addComparison(logE, TIMES_WORSE, { bad: xc, total: nc }, { bad: xs, total: ns }, 1, 9);
    });
  },
  /** And without phi, bursts do cry wolf: that is what it is for. */
  'bursts, but phi 1'() {
    return alarms(2, TIMES_WORSE.length, (draws) => (logE) => {
      const [nc, ns] = [draws.between(100, 200), draws.between(1000, 1700)];
      const [xc, xs] = [burst(draws, draws.poisson(nc * 0.0006)), burst(draws, draws.poisson(ns * 0.0006))];
      addComparison(logE, TIMES_WORSE, { bad: xc, total: nc }, { bad: xs, total: ns }, 1, 1);
    });
  },
  /** Latency, three cuts of one histogram. */
  latency() {
    const cuts = [0.2, 0.05, 0.01]; // shares that are slower than each
    const width = TIMES_WORSE.length;
    return alarms(3, 3 * width, (draws) => (logE) => {
      const slower = (total: number) => {
        let left = draws.binomial(total, cuts[0] as number);
        const first = left;
        left = draws.binomial(left, 0.25);
        return [first, left, draws.binomial(left, 0.2)];
      };
      const [nc, ns] = [draws.between(5, 30), draws.between(60, 100)];
      const [c, s] = [slower(nc), slower(ns)];
      for (let cut = 0; cut < 3; cut++) {
        const part = logE.slice(cut * width, (cut + 1) * width);
        addComparison(
          part,
          TIMES_WORSE,
          { bad: c[cut] as number, total: nc },
          { bad: s[cut] as number, total: ns },
          1,
          1,
        );
        for (let k = 0; k < width; k++) logE[cut * width + k] = part[k] as number;
      }
    });
  },
  /** Counts of events per exposure, where fewer are worse. */
  events() {
    const fewer = TIMES_WORSE.map((times) => 1 / times);
    return alarms(4, fewer.length, (draws) => (logE) => {
      const [nc, ns] = [draws.between(10, 60), draws.between(100, 300)];
      const [xc, xs] = [draws.poisson(nc * 0.05 * 0.9), draws.poisson(ns * 0.05)];
      addComparison(logE, fewer, { bad: xc, total: nc }, { bad: xs, total: ns }, 0.9, 1);
    });
  },
  /** Levels that move slowly, with phi from (1 + a) / (1 - a) of their memory. */
  levels() {
    // Queue lengths of 4 tenants remember 0.8 of the reading before; the limit is exceeded 5 % of the time.
    const memory = 0.8;
    const alternatives = sharesAbove(0.05, TIMES_WORSE);
    return alarms(5, TIMES_WORSE.length, (draws) => {
      const levels = Array.from({ length: 4 }, () => draws.normal());
      return (logE) => {
        let bad = 0;
        for (let tenant = 0; tenant < levels.length; tenant++) {
          levels[tenant] = memory * (levels[tenant] as number) + Math.sqrt(1 - memory ** 2) * draws.normal();
          if ((levels[tenant] as number) > 1.6449) bad++;
        }
        addLimit(logE, alternatives, { bad, total: levels.length }, 0.05, (1 + memory) / (1 - memory));
      };
    });
  },
  /** And of those exactly at the limit, as few pass. */
  limit() {
    const alternatives = sharesBelow(0.02);
    return alarms(6, alternatives.length, (draws) => (logE) => {
      const total = draws.between(1, 40);
      addLimit(logE, alternatives, { bad: draws.binomial(total, 0.02), total }, 0.02, 1);
    });
  },
  /** Raw samples against two bands of half alpha each. */
  band() {
    const draws = drawsOf(7);
    const [crossed, grid] = [{ count: 0 }, [0.1, 0.5, 0.9]];
    for (let run = 0; run < TRACES; run++) {
      const [slow, total] = [
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        [0, 0],
      ];
      for (let at = 0; at < 60; at++) {
        for (const [arm, more] of [
          [0, 4],
          [1, 12],
        ] as const) {
          total[arm] = (total[arm] as number) + more;
          for (let one = 0; one < more; one++) {
            const sample = draws.uniform();
            for (let cut = 0; cut < 3; cut++)
              if (sample > (grid[cut] as number)) (slow[arm] as number[])[cut] = (slow[arm]?.[cut] as number) + 1;
          }
        }
        const [c, s] = slow as [number[], number[]];
        const [tc, ts] = total as [number, number];
        const gap = Math.max(...grid.map((_, cut) => (c[cut] as number) / tc - (s[cut] as number) / ts));
        if (gap > bandWidth(tc, ALPHA / 2) + bandWidth(ts, ALPHA / 2)) {
          crossed.count++;
          break;
        }
      }
    }
    return crossed.count;
  },
};

for (const [kind, count] of Object.entries(kinds)) parentPort?.postMessage({ kind, alarms: count() });
