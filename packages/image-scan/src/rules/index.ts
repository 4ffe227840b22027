import type { Rule } from '@tillgate/release';
import type { ScanSeen } from '../seen.ts';
import { couldNotKnow } from './could-not-know.ts';
import { endOfLife } from './end-of-life.ts';
import { exploitedUnknown } from './exploited-unknown.ts';
import { idleAcceptance } from './idle-acceptance.ts';
import { imageConfiguration } from './image-configuration.ts';
import { knownExploited } from './known-exploited.ts';
import { newVulnerability } from './new-vulnerability.ts';
import { nothingRecognised } from './nothing-recognised.ts';
import { overdueFix } from './overdue-fix.ts';
import { secretInImage } from './secret.ts';
import { standingVulnerability } from './standing-vulnerability.ts';
import { unprovenSource } from './unproven-source.ts';
import { unsignedImage } from './unsigned-image.ts';

/** Everything that can be said about a scan, in the order in which it is told. */
export const scanRules: readonly Rule<ScanSeen>[] = [
  newVulnerability,
  knownExploited,
  overdueFix,
  standingVulnerability,
  secretInImage,
  imageConfiguration,
  unsignedImage,
  unprovenSource,
  endOfLife,
  nothingRecognised,
  exploitedUnknown,
  idleAcceptance,
  ...couldNotKnow,
];
