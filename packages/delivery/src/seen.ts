import type { CountWindow, Fault } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import type { BasisPoints, Goal, LaneId } from './plan.ts';

/** One workload, as its pods tell. */
export interface WorkloadObserved {
  /** Digest of the image that its specification asks for; null: it names none by digest. */
  image: Sha256 | null;
  /** Whether its controller has seen the newest specification. */
  settled: boolean;
  desired: number;
  ready: number;
  /** What ready pods really run, each digest once. */
  running: readonly Sha256[];
  /** Containers in a crash loop, and restarts so far. */
  crashing: number;
  restarts: number;
  /** Pods that cannot start: image not to be had, no room. With the reason as Kubernetes has it. */
  stuck: readonly string[];
}

/** A lane, as it is at one moment. */
export interface Observed {
  stable: WorkloadObserved;
  candidate: WorkloadObserved | null;
  /** As the router is set. */
  candidateShare: BasisPoints;
  route: Goal['route'];
  cron: Goal['cron'];
  /** Sessions newly assigned since the share was set, where they can be counted. */
  assigned: { candidate: number; total: number } | null;
  /** What somebody else changed that is ours, or owns that we need: each a sentence. Not empty: hands off. */
  foreign: readonly string[];
  /** What keeps the last act from going further, for people: each a sentence. */
  waitingFor: readonly string[];
}

/** Whether the release may still go forward. Going back needs no permit. */
export interface Permits {
  freeze: 'open' | 'closed' | 'unknown';
  record: 'valid' | 'expired' | 'superseded' | 'unknown';
  /** Why, where it is not open and valid. */
  because: readonly string[];
}

/**
 * A word of the people on call, by an annotation on the state object. `abandoned` is the watchdog's: it has applied
 * the escape, and what it did is to be followed up.
 */
export interface Command {
  id: string;
  word: 'pause' | 'resume' | 'abort' | 'promote' | 'abandoned';
  /** Who, and why, as far as told. */
  by: string;
  /** Whether both were told. A word that stands in for evidence is obeyed only then: a record will name who answers for it. */
  answeredFor?: boolean;
}

/** All that a decision rests on. */
export interface Seen {
  /** ms by the API server's clock; ours does not count. */
  at: number;
  lanes: Readonly<Record<LaneId, Observed>>;
  /** Windows that closed since the cursor of what is watched now, and what could not be read. */
  windows: readonly CountWindow[];
  faults: readonly Fault[];
  permits: Permits;
  commands: readonly Command[];
  /** What the target would not do, in its own words, since the last look. */
  refused: readonly string[];
  /** Set when whoever drives was told to stop. */
  stopping?: string;
}
