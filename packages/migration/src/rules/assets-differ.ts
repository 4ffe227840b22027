import type { Rule } from '@tillgate/release';
import { assetsThatDiffer, type MigrationSeen, pairsOf } from '../seen.ts';
import { CODE_ONLY, database, NEW } from './example.ts';

/** Two versions with other assets delete each other's files. */
export const assetsDiffer: Rule<MigrationSeen> = {
  id: 'migration/assets-differ',
  meaning: 'Checksums of asset bundles differ between the two versions.',
  why: "Odoo keeps one compiled file a bundle in the database. Two versions whose checksums differ delete each other's, and browsers get 404 for /web/assets; where only the content differs, one version gets the other's. Two such versions must not share a database.",
  remedy:
    'If only the times of files differ, give every file in the image the time of the commit that changed it last. If the assets themselves changed, release in a maintenance window.',
  bad: [
    {
      title: 'a bundle has another checksum',
      seen: { ...CODE_ONLY, new: [database(NEW, { assets: { 'web.assets_web': '0.0' } })] },
      severity: 'warn',
    },
    {
      title: 'a bundle is new',
      seen: {
        ...CODE_ONLY,
        new: [database(NEW, { assets: { ...database(NEW).assets, 'corner_loyalty.assets': '1.1' } })],
      },
      severity: 'warn',
    },
  ],
  good: [{ title: 'all checksums are the same', seen: CODE_ONLY }],
  judge(seen) {
    return pairsOf(seen).flatMap((pair) => {
      const bundles = assetsThatDiffer(pair);
      if (bundles.length === 0) return [];
      return [
        {
          rule: this.id,
          severity: 'warn' as const,
          key: pair.database,
          unit: pair.database,
          message: `In ${pair.database}, ${bundles.length === 1 ? 'an asset bundle differs' : `${bundles.length} asset bundles differ`}: ${bundles.slice(0, 5).join(', ')}${bundles.length > 5 ? ', …' : ''}.`,
          remedy: this.remedy,
        },
      ];
    });
  },
};
