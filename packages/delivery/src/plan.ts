import type { AnalysisPlan, Reading, Timing, VersionsQuery } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';

export const PLAN_SCHEMA = 'https://tillgate.dev/delivery-plan/v1';

/** A part of the installation that moves by itself. A canary is one lane; tenants are many. */
export type LaneId = string;

/** Hundredths of a percent, 0 to 10,000: weights as whole numbers, so that nothing is rounded. */
export type BasisPoints = number;

/** How things are to be: never how they get there. The target finds the order that keeps clients served. */
export interface Goal {
  /** What the stable workload runs. */
  stable: Sha256;
  /** What runs beside it; null: nothing does. */
  candidate: Sha256 | null;
  /** The part of newly assigned sessions that the candidate gets. */
  candidateShare: BasisPoints;
  /** `preview`: testers reach the candidate by their header or cookie, whatever the share. */
  route: 'open' | 'preview' | 'maintenance';
  /** Which version runs scheduled jobs. */
  cron: 'stable' | 'candidate' | 'off';
  data: 'as-is';
}

/** What must be shown before a step is left. All of a step's proofs must hold at once. */
export type Proof =
  /** What was asked for is what is observed. */
  | { by: 'reached' }
  /** It has been reached for this long. */
  | { by: 'time'; ms: number }
  /** The analysis passes. */
  | { by: 'analysis' }
  /** What is watched could be read until now: silence is not taken for good news. */
  | { by: 'read' }
  /** Stable is not scaled below its floor: the fewest pods that its autoscaler allows, or all that it began with. */
  | { by: 'floor' }
  /** Of at least so many newly assigned sessions, the candidate got its share, give or take. */
  | { by: 'sessions'; atLeast: number; within: BasisPoints }
  /** No freeze has begun, and the record is still good. What asks for it is stopped by them; the rest is not. */
  | { by: 'permits' };

/**
 * Where a release is left of which nothing more can be known: everything back on stable, as it stands, wholly on
 * the new version, or behind the maintenance page. One that is known to be bad always goes back.
 */
export type SafeState = 'stable' | 'hold' | 'new' | 'maintenance';

export interface Step {
  /** For people, unique in its lane: `5 %`. */
  name: string;
  goal: Goal;
  leaveWhen: readonly Proof[];
  /** Longer than this, in ms, is inconclusive. */
  maxMs: number;
  safe: SafeState;
  /** What is watched meanwhile: the candidate beside stable, the limits after promotion, or nothing but pods. */
  watched: 'beside' | 'after' | null;
}

/** How traffic is parted between stable and candidate. */
export type RouterPlan =
  /** A TraefikService with weights, to which the IngressRoute named sends. */
  | { by: 'traefik'; traefikService: string; ingressRoute: string; testers: Testers | null }
  /** The first rule of an HTTPRoute of the Gateway API. */
  | { by: 'httproute'; httpRoute: string; testers: Testers | null };

/** Where sessions are kept, so that a client can be answered by any pod: on files of a claim, in a store, or nowhere. */
export type SessionsKept =
  /** Files on this claim, which every pod of both versions can write. */
  | { in: 'volume'; claim: string }
  /** A store outside of the pods, which this variable of their environment names. */
  | { in: 'store'; env: string }
  /** There are none: any pod of either version may answer any request. */
  | { in: 'nowhere' };

/** How many connections to the database a pod may open, and how many there is room for. */
export interface Connections {
  /** Worker processes of a pod; 0: it is one process with threads. */
  workers: number;
  /** Threads for scheduled jobs: processes of their own where there are workers. */
  cronThreads: number;
  /** What one process may open. */
  perProcess: number;
  /** What the server has for all pods together. */
  room: number;
}

/** What pods of both versions have in common while they stand side by side. */
export interface Shared {
  /** Null: nobody has said. */
  sessions: SessionsKept | null;
  /** Null: nobody has looked. */
  connections: Connections | null;
}

/** How testers are known before anybody else sees the candidate. */
export type Testers = { by: 'header' | 'cookie'; name: string; value: string };

/** Metrics, and how their counts are read. */
export interface Watch {
  analysis: AnalysisPlan;
  readings: readonly Reading[];
}

/** What is watched while the release is on its way, frozen before it starts. */
export interface Watching {
  /** The candidate, compared with stable at the same time. */
  beside: Watch;
  /** What everybody is served by after promotion, held against limits alone; null: no metric has one. */
  after: Watch | null;
  /** How often each version looked for scheduled jobs; null: nothing counts it. */
  jobs: VersionsQuery | null;
  timing: Timing;
  /** Evidence begins this long after the candidate's first share was reached, and after promotion, in ms. */
  warmUpMs: number;
  /** More restarts of pods of the new version than this fail at once. */
  mostRestarts: number;
  /** A step whose pods have not become ready after this long fails, in ms. */
  readyWithinMs: number;
}

/** Steps to each safe state. `hold` has none. `stable` is the way back, and always there. */
export type Ways = { stable: readonly Step[] } & Partial<
  Record<Exclude<SafeState, 'hold' | 'stable'>, readonly Step[]>
>;

/** A frozen plan: compiled once, before signing. Its digest is in the record; nothing else steers a delivery. */
export interface Plan {
  schema: typeof PLAN_SCHEMA;
  strategy: 'canary' | 'rollback';
  /** Digest of the release (the subject's). */
  release: Sha256;
  /** Where: the namespace, the Deployment, and the container in it whose image the release is. */
  workload: { namespace: string; deployment: string; container: string };
  from: Sha256;
  to: Sha256;
  /** Full references by digest, `name@sha256:…`: what is written into the workload. */
  images: Readonly<Record<Sha256, string>>;
  /** Digest of the pod template without the image, as it was observed; null in a rollback, which is not stopped by it. */
  podTemplate: Sha256 | null;
  router: RouterPlan;
  /** What must hold before a candidate is made; null in a rollback, which is not stopped by it. */
  shared: Shared | null;
  watching: Watching | null;
  /** Groups of lanes that go one after the other; in a group, lanes go side by side, at most `parallel` at a time. */
  waves: readonly (readonly { id: LaneId; steps: readonly Step[] }[])[];
  /** The way to each safe state, for each lane: frozen too, so that nobody has to think of it at night. */
  ways: Ways;
  parallel: number;
  /** A delivery of which nothing is heard for this long is taken to its safe state by the watchdog, in ms. */
  abandonAfterMs: number;
  /** No delivery takes longer than this from its start, the watch included, in ms. */
  deadlineMs: number;
}
