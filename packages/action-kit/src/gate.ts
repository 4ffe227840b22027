import type { EffectivePolicy } from '@tillgate/policy';
import type {
  Basis,
  Coverage,
  Evidence,
  Facts,
  Finding,
  GateName,
  Instant,
  Rule,
  Subject,
  Verdict,
} from '@tillgate/release';
import type { gateInputs } from './common-inputs.ts';
import type { Frame } from './frame.ts';
import type { InputKinds, Values } from './input-kinds.ts';
import type { TrustedSource } from './trusted.ts';

/** What a gate's observation works with. */
export interface GateContext<I extends InputKinds> extends Omit<Frame<I & typeof gateInputs>, 'inputs'> {
  inputs: Values<I> & Values<typeof gateInputs>;
  subject: Subject;
  basis: Basis;
  policy: EffectivePolicy;
  trusted: TrustedSource;
}

/** What a gate has seen, and how much of what it was to see. */
export interface Observation<S> {
  seen: S;
  coverage: Coverage;
  evidence: Evidence[];
  /** Until when the observation may be relied on. */
  validUntil: Instant;
}

/** What a gate adds to the step's outputs and summary. */
export interface Presentation {
  outputs?: Readonly<Record<string, string>>;
  /** Markdown below the table of findings. */
  summary?: string;
}

/** A gate: observing touches the world, rules judge, `conclude` decides, presenting tells. */
export interface Gate<G extends GateName = GateName, I extends InputKinds = InputKinds, S = unknown> {
  gate: G;
  title: string;
  description: string;
  inputs: I;
  outputs: Readonly<Record<string, string>>;
  rules: readonly Rule<S>[];
  deadlineMs?: number;
  /** Milliseconds that `observe` is given, once cancelled, to leave the world in order and to tell what remains. None unless told. */
  graceMs?: number;
  observe(context: GateContext<I>): Promise<Observation<S>>;
  /** What other gates may know of it; pure. */
  facts(seen: S, findings: readonly Finding[]): Facts[G];
  /** Told after the outcome is known; may write files of its own. */
  present?(verdict: Verdict<G>, seen: S, context: GateContext<I>): Promise<Presentation> | Presentation;
}

/** Declares a gate; it only lends the types. */
export function defineGate<G extends GateName, const I extends InputKinds, S>(gate: Gate<G, I, S>): Gate<G, I, S> {
  return gate;
}
