import type { Instant } from './instant.ts';
import type { Sha256 } from './sha256.ts';
import type { UnitId } from './subject.ts';

/**
 * What one gate tells the others, by gate. Domains do not import each other: what crosses is a fact with a
 * name and a type from here.
 */
export interface Facts {
  'observe-production': {
    /** Where the release would go; the cluster's own identity, never an input. */
    identity: EnvironmentIdentity;
    /** Digests that ready pods run now; during a rollout more than one. Empty before the first release. */
    running: Sha256[];
    /** Head of the chain of records; absent before the first record. */
    head?: { sequence: number; digest: Sha256; commit?: string };
    /** The key set file of the environment: what a record must verify with. */
    keys: string;
    /** The container that is released and what surrounds it; absent where there is no such workload or container. */
    workload?: {
      container: string;
      /** The reference that its specification asks for, with the registry's host. */
      image: string;
      /** Digest of the pod template without that image. */
      podTemplate: Sha256;
    };
  };
  'freeze-window-check': {
    /** Name of the window that decided, where one did. */
    window?: string;
    /** The next moment at which deployment and watch would fit. */
    nextOpening?: Instant;
    /** When the present opening ends. */
    closesAt?: Instant;
    /** Whether deployment and watch end before the next freeze. */
    fits: boolean;
    /** The moment it was asked about. */
    at: Instant;
    /** What was asked: only `release` speaks for a release. Recovery passes every freeze. */
    purpose: 'release' | 'recovery';
  };
  'image-scan-gate': {
    image: Sha256;
    baseline: Sha256[];
    new: number;
    fixed: number;
    unchanged: number;
    accepted: number;
    /** How the commit is bound to the image: proven by provenance, named by a label, or not at all. */
    commitBinding: 'provenance' | 'label' | 'none';
  };
  'migration-readiness': {
    /** What is true of which databases: as the record carries it. */
    units: { units: UnitId[]; oldOnNew: Tri; newOnOld: Tri; modulesToUpdate: string[] }[];
    /** Checksums of the asset bundles of both versions; null: not looked at. */
    assets: { bundle: string; from: string | null; to: string | null }[] | null;
    /** What a pod of either version may open at the database server, and what is there for all of them; null: not looked at. */
    connections: { workers: number; cronThreads: number; perProcess: number; room: number } | null;
    /** The images in which it was looked. */
    from: Sha256;
    to: Sha256;
  };
  'smoke-retail-flows': {
    /** Flows that passed every time. */
    passed: string[];
    /** Flows that failed at least once. */
    failed: string[];
    /** Flows that were run and of which nothing is known. */
    unknown: string[];
    /** Whether flows that write were run. */
    wrote: boolean;
  };
}

/** What may also be unknown. */
export type Tri = 'yes' | 'no' | 'unknown';

export type GateName = keyof Facts;

/** Every gate there is today, in the order in which a release meets them. */
export const GATE_NAMES = [
  'observe-production',
  'freeze-window-check',
  'image-scan-gate',
  'migration-readiness',
  'smoke-retail-flows',
] as const satisfies GateName[];

/** The place a release goes to, told by the place itself. */
export interface EnvironmentIdentity {
  clusterUid: string;
  namespace: string;
  workload: string;
}
