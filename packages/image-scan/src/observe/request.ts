import type { Log, Programs } from '@tillgate/host';
import type { ImageScanPolicy, ScanDemands } from '@tillgate/policy';
import type { Sha256 } from '@tillgate/release';
import type { ImageReference } from '../image/image-reference.ts';

/** What is to be scanned, under which policy, with which files. Files only bring in; the policy decides. */
export interface ScanRequest {
  image: ImageReference;
  commit: string;
  environment: string;
  emergency: boolean;
  policy: ImageScanPolicy;
  /** How the policy's file is called, for messages that say what to write there. */
  policyFile: string;
  demands: ScanDemands;
  /** Digests that production runs; it lies in the same place as the image. */
  baseline: readonly Sha256[];
  /** Platforms that the image must have. More are judged all the same. */
  platforms: readonly string[];
  trivyPath?: string | undefined;
  databasePath?: string | undefined;
  databaseRepository?: string | undefined;
  /** Reports made elsewhere, instead of scanning: one a platform. */
  reportFiles: readonly string[];
  baselineReportFiles: readonly string[];
  kevFile?: string | undefined;
  vexFiles: readonly string[];
  bundleFiles: readonly string[];
}

/** What a scan needs of the world. */
export interface ScanWorld {
  programs: Programs;
  log: Log;
  /** Milliseconds since the epoch. */
  now: number;
  signal: AbortSignal;
  /** A folder of our own. */
  temp: string;
  /** Environment of the runner; little of it is handed on. */
  environment: NodeJS.ProcessEnv;
}
