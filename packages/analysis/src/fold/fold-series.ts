import type { Fault } from '../decide.ts';
import type { Tally } from '../state.ts';
import type { CountWindow, Stratum } from '../step.ts';
import { faultOf } from './faults.ts';
import { type Exclusion, increases } from './increase.ts';
import { partsOf, type Reading, widthOf } from './reading.ts';
import { type Series, targetOf } from './series.ts';
import { type Span, warmUps } from './warm-up.ts';
import { checkTiming, closedUntil, type Timing, windowEnds } from './windows.ts';

/** A query and what came back. */
export interface Read {
  reading: Reading;
  /** Samples of more than `cursor - timing.lookback` up to at least the end of the last closed window. */
  series: readonly Series[];
}

/** Closed windows, and why some readings have no part in them. */
export interface Folded {
  windows: CountWindow[];
  faults: Fault[];
}

/**
 * Turns cumulative series into closed windows of counts. What comes out depends on the cursor and on samples of
 * the time around it alone: who reads in one go and who reads after every window gets the same.
 *
 * @param cursor ms since the epoch; windows begin behind it
 * @param now by the clock of Prometheus, not ours
 * @param up series of `up`, which tell that a target was scraped also where it had nothing to count yet
 */
export function foldSeries(
  reads: readonly Read[],
  cursor: number,
  now: number,
  timing: Timing,
  exclusions: readonly Exclusion[] = [],
  up: readonly Series[] = [],
): Folded {
  checkTiming(timing);
  const faults: Fault[] = [];
  const sound = reads.filter(({ reading, series }) => {
    const message = faultOf(reading, series);
    if (message) faults.push({ metric: reading.metric, query: reading.query, message });
    return !message;
  });
  const all = sound.flatMap(({ series }) => series);
  const ends = all.length === 0 ? [] : windowEnds(all, cursor, closedUntil(cursor, now, timing), timing);
  const windows = ends.map((to, i) => ({
    from: i === 0 ? cursor : (ends[i - 1] as number),
    to,
    metrics: {} as Record<string, Stratum[]>,
    sessions: 0,
  }));
  const scraped = up.map(({ labels, at, value }) => ({ labels, at: at.filter((_, i) => value[i] === 1), value: [] }));
  for (const read of sound) {
    const heard = timesByTarget([...read.series, ...scraped]);
    const strata = windows.map(() => new Map<string, Stratum>());
    const part = partsOf(read.reading);
    const { arm, warmUp } = read.reading;
    const warming =
      warmUp && warmUps(read.series, warmUp, timing, read.reading.counts.kind === 'level' ? 'levels' : 'counters');
    for (const [index, series] of read.series.entries()) {
      const side = armOf(series, arm);
      if (!side) continue;
      const adds = part(series.labels);
      const tenant = series.labels[read.reading.tenant ?? ''] ?? '';
      const endpoint = series.labels[read.reading.endpoint ?? ''] ?? '';
      const counted =
        read.reading.counts.kind === 'level'
          ? readings(series, cursor, ends, exclusions, warming?.[index])
          : increases(series, cursor, ends, timing, heard, exclusions, warming?.[index]);
      counted.forEach((count, i) => {
        if (count === 0) return;
        const window = windows[i] as (typeof windows)[number];
        if (read.reading.counts.kind === 'sessions') {
          if (side === 'candidate') window.sessions += count;
          return;
        }
        const tally = tallyIn(strata[i] as Map<string, Stratum>, tenant, endpoint, widthOf(read.reading))[side];
        if (read.reading.counts.kind === 'level') {
          tally.total += 1;
          (tally.bad[0] as number) += beyond(lastIn(series, window.to), read.reading.counts) ? 1 : 0;
          return;
        }
        tally.total += adds.total * count;
        adds.bad.forEach((factor, cut) => {
          tally.bad[cut] = (tally.bad[cut] as number) + factor * count;
        });
      });
    }
    if (read.reading.counts.kind === 'sessions') continue;
    windows.forEach((window, i) => {
      window.metrics[read.reading.metric] = [...(strata[i] as Map<string, Stratum>).values()];
    });
  }
  return { windows, faults };
}

const armOf = ({ labels }: Series, { label, candidate, stable }: Reading['arm']) =>
  labels[label] === candidate ? 'candidate' : labels[label] === stable ? 'stable' : undefined;

function tallyIn(strata: Map<string, Stratum>, tenant: string, endpoint: string, width: number): Stratum {
  const key = `${tenant}\u0000${endpoint}`;
  const empty = (): Tally => ({ total: 0, bad: new Array<number>(width).fill(0) });
  const found = strata.get(key) ?? { tenant, endpoint, candidate: empty(), stable: empty() };
  strata.set(key, found);
  return found;
}

/** Whether a level was read in each window: 1 or 0. */
function readings(
  { at, labels }: Series,
  cursor: number,
  ends: readonly number[],
  exclusions: readonly Exclusion[],
  warming: readonly Span[] = [],
): number[] {
  const excluded = [...exclusions.filter((each) => labels[each.label] === each.value), ...warming];
  return ends.map((end, i) => {
    const from = i === 0 ? cursor : (ends[i - 1] as number);
    const time = at.findLast((each) => each <= end);
    if (time === undefined || time <= from) return 0;
    return excluded.some((span) => time > span.from && time < span.until) ? 0 : 1;
  });
}

const lastIn = ({ at, value }: Series, end: number) => value[at.findLastIndex((time) => time <= end)] as number;

const beyond = (level: number, { above, below }: { above?: number; below?: number }) =>
  (above !== undefined && level > above) || (below !== undefined && level < below);

function timesByTarget(series: readonly Series[]): Map<string, number[]> {
  const times = new Map<string, Set<number>>();
  for (const each of series) {
    const target = targetOf(each);
    const own = times.get(target) ?? new Set();
    times.set(target, own);
    for (const time of each.at) own.add(time);
  }
  return new Map([...times].map(([target, own]) => [target, [...own].sort((a, b) => a - b)]));
}
