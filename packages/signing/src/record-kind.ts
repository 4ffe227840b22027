import type { EnvironmentIdentity, Sha256 } from '@tillgate/release';

/** What a record tells: what may go, what happened, what was taken back. */
export const RECORD_KINDS = ['release', 'delivery', 'recovery'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** The predicate type of each kind. A release record is a SLSA verification summary, which other tools read too. */
export const PREDICATE_TYPES: Readonly<Record<RecordKind, string>> = {
  release: 'https://slsa.dev/verification_summary/v1',
  delivery: 'https://tillgate.dev/delivery-record/v1',
  recovery: 'https://tillgate.dev/recovery-record/v1',
};

/** Where a record goes. */
export interface RecordEnvironment {
  name: string;
  /** Null where the environment has no identity of its own; such a record delivers nothing to a cluster. */
  identity: EnvironmentIdentity | null;
}

/** What every record begins with, whatever its kind: its place in the one chain of its environment. */
export interface RecordHead {
  kind: RecordKind;
  /** 1 for the first record of an environment, then one more each, over all kinds. */
  sequence: number;
  /** Digest of the preceding record's file; null for the first only. */
  previous: Sha256 | null;
  environment: RecordEnvironment;
}
