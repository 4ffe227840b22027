import type { AnalysisState } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import type { Goal, LaneId, SafeState } from './plan.ts';

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

/** Which way a delivery goes. `held`: nothing moves until a person says so. */
export type Direction = 'forward' | 'back' | 'held';

/** How a delivery ended. */
export type End = 'promoted' | 'returned' | 'held';

export interface LaneStatus {
  /** Index into the steps of the lane, or into the plan's way back. */
  step: number;
  direction: Direction;
  /** When the step began, ms by the API server's clock. */
  since: number;
  /** When its goal was first seen reached; absent: not yet. */
  reached?: number;
  /** Written before it is done. */
  intent?: Act;
  end?: End;
}

/** Why a delivery does what it does. */
export interface Decided {
  /** `analysis`, `freeze`, `record`, `deadline`, `command: abort`, `watchdog`, … */
  by: string;
  reason: string;
  at: number;
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
  lanes: Record<LaneId, LaneStatus>;
  /** Absent before traffic was ever parted, and where nothing is watched. */
  analysis?: AnalysisState;
  /** Where things are left now, should everybody die: what the watchdog does. */
  safe: SafeState;
  escape: Patch[];
  /** What was there before the release, to be found again after a rollback. */
  before: Before;
  paused?: Decided;
  /** The last thing that turned the delivery, or ended it. */
  decided?: Decided;
  /** Ids of commands that were carried out. */
  heard: string[];
}

/** Production as it was when the release began. */
export interface Before {
  image: Sha256;
  replicas: number;
  /** UID of the Deployment: another object of the same name is another workload. */
  uid: string;
  /** Digest over the ConfigMaps and Secrets that the pods use, by name. */
  configuration: Record<string, Sha256>;
  /** Share of bad requests before the release, where it could be measured. */
  errorShare: number | null;
}
