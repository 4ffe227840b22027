import type { Instant } from './instant.ts';
import type { Sha256 } from './sha256.ts';
import type { UnitId } from './subject.ts';

/** `<gate's short name>/<what is wrong>`, for example `scan/new-vulnerability`. */
export type RuleId = `${string}/${string}`;

export const SEVERITIES = ['note', 'warn', 'fail', 'unknown'] as const;
/** `unknown`: the rule could not judge, which makes the gate inconclusive. */
export type Severity = (typeof SEVERITIES)[number];

/** By what authority a finding does not count for a time. */
export interface Acceptance {
  by: 'waiver' | 'vex' | 'exception';
  id: string;
  /** Digest of the document that grants it. */
  digest: Sha256;
  expires: Instant;
}

/** One rule that spoke. */
export interface Finding {
  rule: RuleId;
  /** What the finding is about, stable from run to run, so that old and new findings can be told apart. */
  key: string;
  severity: Severity;
  unit?: UnitId;
  /** What is wrong, in one sentence. */
  message: string;
  /** Where: a file with line and column, a package, a window. */
  place?: string;
  /** What to do about it. */
  remedy: string;
  accepted?: Acceptance;
}
