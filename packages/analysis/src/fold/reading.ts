import type { WarmUp } from './warm-up.ts';

/** Which series are meant: those whose label matches the whole of a regular expression. */
export interface Match {
  label: string;
  pattern: string;
}

/** A query whose series are those of the two versions. */
export interface VersionsQuery {
  query: string;
  /** The label that tells the versions apart, and its values. */
  arm: { label: string; candidate: string; stable: string };
}

/** How the series of one query become counts of one metric. */
export interface Reading extends VersionsQuery {
  /** The metric of the plan. */
  metric: string;
  /** Labels that part traffic into groups which are compared with their own kind only. */
  tenant?: string;
  endpoint?: string;
  /** Labels that only say which reader saw it, for example `prometheus_replica`: two that differ in nothing else are the same. */
  ignore?: readonly string[];
  /**
   * What a pod, or a database on a pod, does while it warms up does not count. Labels that the series lack are a fault.
   */
  warmUp?: WarmUp;
  counts: /** Counters: `bad` of `total`. Without `total`, all are counted, the bad ones included. */
    | { kind: 'share'; bad: Match; total?: Match }
    /** Buckets of a histogram: slower than each bound, in seconds, of all. */
    | { kind: 'buckets'; slowerThan: readonly number[] }
    /** A level that is read once a window and series: readings beyond the limit, of all readings. */
    | { kind: 'level'; above?: number; below?: number }
    /** Counters of sessions that began. Its metric's name is of no account. */
    | { kind: 'sessions' };
}

/** What a series adds to: the total, or the bad ones at some cut, with a sign. */
export interface Part {
  total: number;
  /** Factor at each cut. */
  bad: number[];
}

/** How many cuts a reading gives. */
export const widthOf = ({ counts }: Reading) => (counts.kind === 'buckets' ? counts.slowerThan.length : 1);

/**
 * Says what each series of a reading adds to.
 *
 * @throws SyntaxError a pattern that is no regular expression
 */
export function partsOf({ counts }: Reading): (labels: Readonly<Record<string, string>>) => Part {
  if (counts.kind === 'share') {
    const bad = matcher(counts.bad);
    const total = counts.total ? matcher(counts.total) : () => true;
    return (labels) => ({ total: total(labels) ? 1 : 0, bad: [bad(labels) ? 1 : 0] });
  }
  if (counts.kind === 'buckets') {
    // Slower than a bound = all (+Inf) minus those at most as slow.
    return ({ le = '' }) => {
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      const all = bound === Number.POSITIVE_INFINITY;
      return { total: all ? 1 : 0, bad: counts.slowerThan.map((cut) => (all ? 1 : bound === cut ? -1 : 0)) };
    };
  }
  return () => ({ total: 1, bad: [0] });
}

function matcher({ label, pattern }: Match): (labels: Readonly<Record<string, string>>) => boolean {
  const whole = new RegExp(`^(?:${pattern})$`);
  return (labels) => whole.test(labels[label] ?? '');
}
