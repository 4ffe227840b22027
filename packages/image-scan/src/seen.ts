import type { ScanDemands } from '@tillgate/policy';
import type { Acceptance, Finding, Instant, RuleId, Sha256 } from '@tillgate/release';
import type { FoundSecret, Misconfiguration, Vulnerability } from './report/report.ts';
import { worstFirst } from './worst-first.ts';

/** A vulnerability as the rules get to see it. */
export interface Assessed {
  vulnerability: Vulnerability;
  platform: string;
  state: 'new' | 'unchanged';
  /** In the catalogue of known exploited vulnerabilities. */
  exploited: boolean;
  accepted?: Acceptance;
}

/** What was found for one platform of the image. */
export interface PlatformSeen {
  platform: string;
  os?: { family: string; name: string; endOfLife: boolean };
  packages: number;
  fixed: number;
  secrets: FoundSecret[];
  misconfigurations: Misconfiguration[];
}

/** Something that could not be known or may not be used; each becomes a finding of the rule it names. */
export interface Trouble {
  rule: RuleId;
  key: string;
  message: string;
  remedy?: string;
}

/** An acceptance that changes nothing, and why. */
export interface IdleAcceptance {
  id: string;
  kind: 'waiver' | 'vex';
  why: 'expired' | 'ends-too-late' | 'unmatched' | 'not-believed';
  detail: string;
}

/** Whether something the class asks for was shown to be true. */
export type Proof = { proven: true; by: string } | { proven: false; why: string };

/** Everything that the gate has seen; the rules judge this and nothing else. */
export interface ScanSeen {
  at: Instant;
  image: Sha256;
  demands: ScanDemands;
  /** Digests that production runs and that were compared with; never the candidate. */
  baseline: Sha256[];
  platforms: PlatformSeen[];
  vulnerabilities: Assessed[];
  troubles: Trouble[];
  idle: IdleAcceptance[];
  /** Date of the catalogue of known exploited vulnerabilities, and whether it is older than the policy allows. */
  exploitedAsOf?: { released: Instant; stale: boolean };
  signature: Proof;
  provenance: Proof;
  commitBinding: 'provenance' | 'label' | 'none';
  /** The commit that the image's label names, where it is not the release's. */
  labelledCommit?: string;
  base?: { name: string; digest?: Sha256 };
  /** Where the bill of materials was written. */
  sbomFile?: string;
}

/** At most so many findings of a rule stand in the verdict, the rest as a number. */
export const MOST_FINDINGS = 400;

/**
 * Findings of one rule, cut to what a document can hold. The rest becomes one finding that is as grave as the
 * first of them, so that nothing grave hides behind what is not.
 *
 * @param gravestFirst what there is to tell, sorted
 * @param more what else is to be said of the rest
 */
export function cut<T>(gravestFirst: readonly T[], tell: (one: T) => Finding, more = ''): Finding[] {
  const findings = gravestFirst.slice(0, MOST_FINDINGS).map(tell);
  const next = gravestFirst[MOST_FINDINGS];
  if (next === undefined) return findings;
  const { rule, severity, remedy, accepted } = tell(next);
  const message = `${gravestFirst.length - MOST_FINDINGS} more of the same kind${more}.`;
  return [...findings, { rule, key: 'further', severity: accepted ? 'note' : severity, message, remedy }];
}

/** Findings of one rule about vulnerabilities: the ones that count first, the worst of them first. */
export function findingsAbout(
  list: readonly Assessed[],
  tell: (one: Assessed) => Omit<Finding, 'accepted' | 'unit' | 'place'>,
  several: boolean,
): Finding[] {
  const open = list.filter(({ accepted }) => !accepted);
  const ordered = [...worstFirst(open), ...worstFirst(list.filter(({ accepted }) => accepted))];
  return cut(
    ordered,
    (one) => {
      const { vulnerability, accepted, platform } = one;
      const place = [vulnerability.purl || vulnerability.packageName, vulnerability.path].filter(Boolean).join(' in ');
      return { ...tell(one), place, ...(several && { unit: platform }), ...(accepted && { accepted }) };
    },
    `; ${Math.max(0, open.length - MOST_FINDINGS)} of them are not accepted`,
  );
}

const GRAVEST_FIRST = ['fail', 'warn', 'note'] as const;

/** Sorts what was found on any platform, as grave as the class takes it; what is alike stays in its order. */
export function byGravity<T extends { severity: (typeof GRAVEST_FIRST)[number] }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => GRAVEST_FIRST.indexOf(a.severity) - GRAVEST_FIRST.indexOf(b.severity));
}
