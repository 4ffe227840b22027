import type { Rule } from '@tillgate/release';
import type { MigrationSeen } from '../seen.ts';
import { assetsDiffer } from './assets-differ.ts';
import { columnMissing } from './column-missing.ts';
import { moduleNeedsUpdate } from './module-needs-update.ts';
import { notLookedAt, otherImage, tooOld } from './not-looked-at.ts';

/** Everything that is judged about data, in the order in which findings are told. */
export const migrationRules: readonly Rule<MigrationSeen>[] = [
  columnMissing,
  notLookedAt,
  otherImage,
  tooOld,
  moduleNeedsUpdate,
  assetsDiffer,
];
