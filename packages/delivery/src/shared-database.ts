import type { ReleaseRecord } from '@tillgate/signing';
import { Refused } from './ports.ts';

/**
 * Demands that two versions may share every database behind the route: no module needs an update, each version's
 * code works on the other's data, and no asset bundle differs. Not looked at is no.
 *
 * @throws Refused naming modules, bundles and tenants
 */
export function requireSharedDatabase(data: ReleaseRecord['data']): void {
  const refuse = (why: string) => {
    throw new Refused(
      `Two versions may not share a database, so there is no canary: ${why} Release it in a maintenance window, with a restore point.`,
    );
  };
  if (data === null || data.units.length === 0) {
    throw new Refused(
      'Nobody has looked whether two versions may share a database. Run the gate migration-readiness on facts of both images (docs/how-to/deliver.md), and decide and sign again.',
    );
  }
  for (const { units, modulesToUpdate, oldOnNew, newOnOld } of data.units) {
    const where = `${units.slice(0, 3).join(', ')}${units.length > 3 ? ` and ${units.length - 3} more` : ''}`;
    if (modulesToUpdate.length > 0)
      refuse(`in ${where}, modules need an update: ${modulesToUpdate.slice(0, 10).join(', ')}.`);
    if (newOnOld !== 'yes')
      refuse(
        `in ${where}, it is ${newOnOld === 'no' ? 'known not to work' : 'not known to work'}: the new code on the data as they are.`,
      );
    if (oldOnNew !== 'yes')
      refuse(
        `in ${where}, it is ${oldOnNew === 'no' ? 'known not to work' : 'not known to work'}: the old code on data that the new one has written.`,
      );
  }
  if (data.assets === null) refuse('checksums of the asset bundles were not looked at.');
  const differ = (data.assets ?? []).filter(({ from, to }) => from !== to).map(({ bundle }) => bundle);
  if (differ.length > 0)
    refuse(
      `asset bundles differ: ${differ.slice(0, 5).join(', ')}${differ.length > 5 ? ` and ${differ.length - 5} more` : ''}.`,
    );
}
