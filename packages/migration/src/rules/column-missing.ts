import type { Rule } from '@tillgate/release';
import { type MigrationSeen, modulesToUpdate, pairsOf } from '../seen.ts';
import { CODE_ONLY, database, NEW } from './example.ts';

/** Code that asks for a column that is not there fails at the first read. */
export const columnMissing: Rule<MigrationSeen> = {
  id: 'migration/column-missing',
  meaning: 'The new version stores fields for which the database has no column, and no update would make one.',
  why: 'A field was added to a model and the version of its module was not raised, so no update follows and every read of that model fails.',
  remedy: 'Raise the version of the module that brings the field, and release it with an update.',
  bad: [
    {
      title: 'a field was added without a new version',
      seen: { ...CODE_ONLY, new: [database(NEW, { missingColumns: ['res_partner.corner_card_number'] })] },
      severity: 'fail',
    },
  ],
  good: [
    { title: 'every stored field has its column', seen: CODE_ONLY },
    {
      title: 'the update that the module needs makes the column',
      seen: {
        ...CODE_ONLY,
        new: [
          database(NEW, {
            missingColumns: ['sale_order.gift'],
            modules: { sale: { ...(database(NEW).modules.sale as object), image: '19.0.1.3' } as never },
          }),
        ],
      },
    },
  ],
  judge(seen) {
    return pairsOf(seen).flatMap((pair) => {
      const missing = pair.new.missingColumns;
      if (missing.length === 0 || modulesToUpdate(pair).length > 0) return [];
      return [
        {
          rule: this.id,
          severity: 'fail' as const,
          key: pair.database,
          unit: pair.database,
          message: `${pair.database} has no column for ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}.`,
          remedy: this.remedy,
        },
      ];
    });
  },
};
