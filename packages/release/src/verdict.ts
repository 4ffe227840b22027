import type { Facts, GateName } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Instant } from './instant.ts';
import type { Sha256 } from './sha256.ts';
import type { Subject, UnitId } from './subject.ts';
import type { Mode, Outcome, ReleaseClass } from './words.ts';

export const VERDICT_SCHEMA = 'https://tillgate.dev/verdict/v1';

/** Where the time came from, and how far a second source stood from it. */
export interface ClockReading {
  source: string;
  offsetMs: number;
}

/** On what ground a verdict stands. Verdicts of one decision must share policy, configuration and class. */
export interface Basis {
  /** Digest of the policy file's bytes, as they lie on the trusted ref. */
  policy: Sha256;
  /** Digest of the effective configuration: the policy with its presets, for this environment and class. */
  configuration: Sha256;
  /** Digest of the gate's own inputs. */
  inputs: Sha256;
  class: ReleaseClass;
  mode: Mode;
  clock: ClockReading;
}

/** How many units were to be judged, and which could not be. Nothing judged is never a pass. */
export interface Coverage {
  expected: number;
  missing: UnitId[];
}

/** A document a verdict rests on, by digest, so that it can be looked up later. */
export interface Evidence {
  name: string;
  digest?: Sha256;
  /** One line for people: a version, an age, a count. */
  note?: string;
}

/** What made the verdict. Information for people; it proves nothing. */
export interface Producer {
  name: string;
  version: string;
  run?: string;
  attempt?: number;
}

/** The answer of one gate about one release. */
export interface Verdict<G extends GateName = GateName> {
  schema: typeof VERDICT_SCHEMA;
  gate: G;
  subject: Subject;
  basis: Basis;
  outcome: Outcome;
  findings: Finding[];
  coverage: Coverage;
  /** Absent (`null`) when the gate could not observe. */
  facts: Facts[G] | null;
  evidence: Evidence[];
  observedAt: Instant;
  validUntil: Instant;
  producer: Producer;
}
