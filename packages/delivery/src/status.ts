import type { AnalysisState } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import type { BasisPoints, Goal, LaneId, SafeState } from './plan.ts';

/** What is to be done next: a goal to be brought about in one lane. Doing it twice does no more than once. */
export interface Act {
  lane: LaneId;
  /** Name of the step it belongs to. */
  step: string;
  goal: Goal;
}

/** One change to one object, as the API server takes it; what the watchdog may do, word for word. */
export interface Patch {
  resource: string;
  name: string;
  type: 'json' | 'merge';
  patch: unknown;
}

/** What the watchdog applies in each safe state that the plan has. Fixed before the first act, so that its digest can be pinned. */
export type Escape = Readonly<Partial<Record<SafeState, readonly Patch[]>>>;

/** Which steps a lane goes through: the plan's own, or those to a safe state. */
export type Way = 'forward' | SafeState;

/** How a delivery ended: wholly on the new version, wholly back, or left for a person as it stood. */
export type End = 'promoted' | 'returned' | 'held';

export interface LaneStatus {
  way: Way;
  /** Index into the steps of that way. */
  step: number;
  /** When the step began, ms by the API server's clock. */
  since: number;
  /** When its goal was first seen reached; absent: not yet. */
  reached?: number;
  /** Since when it is no longer as it was when it was reached: pods that went, weights that somebody set. */
  lost?: number;
  /** From when on its longest time counts: its beginning, or when a person let it go on. */
  limitFrom: number;
  /** Written before it is done; absent: what is asked for is there. */
  intent?: Act;
  /** A person said to go on without evidence, at this step and no other. */
  waved?: Decided;
  end?: End;
}

/** Why a delivery does what it does. */
export interface Decided {
  /** `analysis`, `floor`, `freeze`, `record`, `time`, `deadline`, `foreign`, `command`, `watchdog`, `signal`, … */
  by: string;
  reason: string;
  at: number;
}

/** What one metric had shown when a step was left. */
export interface Evidence {
  metric: string;
  /** [bad, total] */
  candidate: [bad: number, total: number];
  stable: [bad: number, total: number];
  /** ln of the evidence that the candidate is worse (null: it is no likelihood), and of the bound at which it fails. */
  worse: number | null;
  bound: number;
  /** ln of the evidence that it is good enough, less its bound; null where the metric cannot pass. */
  good: number | null;
}

/** A step that is over. */
export interface Passage {
  lane: LaneId;
  way: Way;
  step: string;
  share: BasisPoints;
  since: number;
  reached: number | null;
  left: number;
  /** `proved` where its proofs held, otherwise what turned it. */
  because: string;
  evidence: Evidence[];
}

/** All that another runner needs to go on exactly. Small, plain JSON; committed before it is acted on. */
export interface Status {
  schema: 1;
  plan: Sha256;
  /** Digest of the signed record that it rests on. */
  record: Sha256;
  /** Who holds the delivery; each taker raises it by one. */
  epoch: number;
  /** ms by the API server's clock. */
  startedAt: number;
  /** Absolute; the watchdog acts at it. */
  deadline: number;
  /** What is done where nothing can be known for too long. */
  onInconclusive: 'safe-state' | 'pause';
  /** Lanes that have begun. */
  lanes: Record<LaneId, LaneStatus>;
  /** What has been seen beside stable, and after promotion; absent before each began. */
  evidence: { beside?: AnalysisState; after?: AnalysisState };
  /** Where things are left now, should everybody die: which of the escapes the watchdog applies. */
  safe: SafeState;
  escape: Escape;
  /** What was there before the release, to be found again after a rollback. */
  before: Before;
  paused?: Decided;
  /** What turned the delivery; absent: nothing did. */
  decided?: Decided;
  /** Ids of commands that were carried out, the newest last. */
  heard: string[];
  /** Steps that are over, in order. */
  history: Passage[];
}

/** Production as it was when the release began. */
export interface Before {
  image: Sha256;
  replicas: number;
  /** How many of them stable keeps until the watch ends: the fewest that its autoscaler allows, without one all. */
  floor: number;
  /** UID of the Deployment: another object of the same name is another workload. */
  uid: string;
  /** Digest over the ConfigMaps and Secrets that the pods use, by name. */
  configuration: Record<string, Sha256>;
  /** Share of bad requests before the release, where it could be measured. */
  errorShare: number | null;
}
