import type { ScanSeverity } from '@tillgate/policy';
import type { Assessed } from './seen.ts';

/** The worst first. Written down here, so that telling what was found does not load the policy's schema. */
const RANKS: Readonly<Record<ScanSeverity, number>> = { CRITICAL: 0, HIGH: 1, MEDIUM: 2, LOW: 3, UNKNOWN: 4 };

/** Place of a severity among all, the worst having the smallest. */
export function rank(severity: ScanSeverity): number {
  return RANKS[severity];
}

/** Sorts by what to fix first: what is exploited, then the worst; what is alike stays in its order. */
export function worstFirst(vulnerabilities: readonly Assessed[]): Assessed[] {
  return vulnerabilities.toSorted(
    (a, b) =>
      Number(b.exploited) - Number(a.exploited) || rank(a.vulnerability.severity) - rank(b.vulnerability.severity),
  );
}
