import { digestOf, type Rule } from '@tillgate/release';
import { type MigrationSeen, modulesToUpdate, pairsOf } from '../seen.ts';
import { CODE_ONLY, database, NEW } from './example.ts';

const newer = { state: 'installed', database: '19.0.1.2', image: '19.0.1.3', data: digestOf('sale') };
const otherViews = { state: 'installed', database: '19.0.1.2', image: '19.0.1.2', data: digestOf('sale, changed') };

/** An update changes the data of everybody at once. */
export const moduleNeedsUpdate: Rule<MigrationSeen> = {
  id: 'migration/module-needs-update',
  meaning: 'The new version needs an update of a module in a database: its version, or its data files, are others.',
  why: 'An update has no share: it changes views, access rules and columns for everybody, also for those whom the old version serves. Two versions cannot share the database then, and the code alone cannot go back.',
  remedy:
    'Release what needs no update as a canary, and the rest in a maintenance window with a restore point. Data files that changed without a new version are never loaded: raise the version of the module.',
  bad: [
    {
      title: 'a manifest has a newer version',
      seen: { ...CODE_ONLY, new: [database(NEW, { modules: { sale: newer } })] },
      severity: 'warn',
    },
    {
      title: 'a view changed and the version did not',
      seen: { ...CODE_ONLY, new: [database(NEW, { modules: { sale: otherViews } })] },
      severity: 'warn',
    },
    {
      title: 'an update was begun and did not end',
      seen: {
        ...CODE_ONLY,
        new: [database(NEW, { modules: { sale: { ...newer, image: '19.0.1.2', state: 'to upgrade' } } })],
      },
      severity: 'warn',
    },
  ],
  good: [{ title: 'versions and data files are the same', seen: CODE_ONLY }],
  judge(seen) {
    return pairsOf(seen).flatMap((pair) => {
      const modules = modulesToUpdate(pair);
      if (modules.length === 0) return [];
      return [
        {
          rule: this.id,
          severity: 'warn' as const,
          key: pair.database,
          unit: pair.database,
          message: `In ${pair.database}, ${modules.length === 1 ? 'a module needs' : `${modules.length} modules need`} an update: ${modules.slice(0, 10).join(', ')}${modules.length > 10 ? ', …' : ''}.`,
          remedy: this.remedy,
        },
      ];
    });
  },
};
