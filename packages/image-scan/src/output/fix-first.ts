import type { ScanSeverity } from '@tillgate/policy';
import type { Assessed } from '../seen.ts';
import { rank } from '../worst-first.ts';

/** One upgrade and what it would clear. */
interface Upgrade {
  packageName: string;
  installed: string;
  /** Versions that fix something of it; the newest of them clears all. */
  fixed: string[];
  clears: number;
  exploited: number;
  worst: ScanSeverity;
}

/**
 * What to upgrade first: what clears something exploited, then the worst, then the most. Accepted findings
 * need no upgrade. Which of several versions is the newest only the package's own world knows: all are named.
 */
export function fixFirst(vulnerabilities: readonly Assessed[]): Upgrade[] {
  const upgrades = new Map<string, Upgrade & { ids: Set<string> }>();
  for (const { vulnerability, exploited, accepted } of vulnerabilities) {
    const { packageName, installed, fixed, severity, id } = vulnerability;
    if (accepted || fixed === '') continue;
    const key = `${packageName} ${installed}`;
    const known = upgrades.get(key) ?? {
      packageName,
      installed,
      fixed: [],
      clears: 0,
      exploited: 0,
      worst: severity,
      ids: new Set(),
    };
    if (!known.ids.has(id)) {
      known.ids.add(id);
      known.clears += 1;
      known.exploited += exploited ? 1 : 0;
    }
    if (!known.fixed.includes(fixed)) known.fixed.push(fixed);
    if (rank(severity) < rank(known.worst)) known.worst = severity;
    upgrades.set(key, known);
  }
  return [...upgrades.values()]
    .sort((a, b) => b.exploited - a.exploited || rank(a.worst) - rank(b.worst) || b.clears - a.clears)
    .map(({ ids: _, ...upgrade }) => upgrade);
}
