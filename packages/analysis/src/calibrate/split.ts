import type { Read } from '../fold/fold-series.ts';
import type { Reading } from '../fold/reading.ts';
import type { Series } from '../fold/series.ts';

/** The label that says which half of a split a series belongs to. No scraped label begins with two underscores and ends so. */
const HALF = '__half__';
const ARM = { label: HALF, candidate: 'candidate', stable: 'stable' } as const;

/** Raised where a past cannot be split; the message says why and what to do. */
export class SplitError extends Error {
  override readonly name = 'SplitError';
}

/**
 * Chooses at random which values of a label play the candidate: whole replicas (or tenants) and not single requests, so that
 * what comes in bursts stays together, as it does on a real candidate.
 *
 * @param traffic how much each value has served
 * @param share of the traffic that the candidate is to have; it gets at least one value, and leaves one
 */
export function chooseHalf(
  traffic: ReadonlyMap<string, number>,
  share: number,
  uniform: () => number,
): ReadonlySet<string> {
  const values = [...traffic.keys()].sort();
  for (let left = values.length - 1; left > 0; left--) {
    const other = Math.floor(uniform() * (left + 1));
    [values[left], values[other]] = [values[other] as string, values[left] as string];
  }
  const all = [...traffic.values()].reduce((a, b) => a + b, 0);
  const chosen = new Set<string>();
  let served = 0;
  for (const value of values) {
    const own = traffic.get(value) as number;
    // Another one is taken if that comes nearer to the share.
    if (chosen.size > 0 && Math.abs(served + own - share * all) >= Math.abs(served - share * all)) continue;
    if (chosen.size === values.length - 1) break;
    chosen.add(value);
    served += own;
  }
  return chosen;
}

/**
 * How much each value of the label has served, in counts.
 *
 * @throws SplitError series without the label; one value only
 */
export function trafficBy(reads: readonly Read[], label: string): Map<string, number> {
  const traffic = new Map<string, number>();
  for (const { reading, series } of reads) {
    for (const { labels, value } of series) {
      const own = labels[label];
      if (own === undefined) {
        const there = Object.keys(labels).filter((each) => each !== '__name__');
        throw new SplitError(
          `The past of "${reading.metric}" cannot be split by "${label}": its series have the labels ${there.join(', ')}.`,
        );
      }
      const grown = reading.counts.kind === 'level' ? value.length : growth(value);
      traffic.set(own, (traffic.get(own) ?? 0) + grown);
    }
  }
  if (traffic.size < 2) {
    throw new SplitError(
      `The past cannot be split by "${label}": there is ${traffic.size === 1 ? `only ${[...traffic.keys()]}` : 'nothing'}. Split by a label with at least two values, for example the tenant's.`,
    );
  }
  return traffic;
}

/** The same reads with one half as the candidate and the other as stable, whatever versions they were. */
export function splitReads(reads: readonly Read[], label: string, candidate: ReadonlySet<string>): Read[] {
  return reads.map(({ reading, series }) => ({
    reading: splitReading(reading, label),
    series: series.map(
      (each): Series => ({
        ...each,
        labels: { ...each.labels, [HALF]: candidate.has(each.labels[label] as string) ? ARM.candidate : ARM.stable },
      }),
    ),
  }));
}

/** Groups that lie wholly in one half cannot be compared with themselves, so a split by tenants compares tenants with each other. */
function splitReading({ tenant, endpoint, ...reading }: Reading, label: string): Reading {
  return {
    ...reading,
    arm: ARM,
    ...(tenant !== undefined && tenant !== label && { tenant }),
    ...(endpoint !== undefined && endpoint !== label && { endpoint }),
  };
}

function growth(value: readonly number[]): number {
  let grown = 0;
  for (let i = 1; i < value.length; i++) {
    const [before, now] = [value[i - 1] as number, value[i] as number];
    grown += now >= before ? now - before : now;
  }
  return grown;
}
