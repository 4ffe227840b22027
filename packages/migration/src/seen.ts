import type { Instant, Sha256, UnitId } from '@tillgate/release';
import type { OdooFacts } from './odoo-facts.ts';

/** What was found by the two versions, and what is expected of it. */
export interface MigrationSeen {
  /** What production runs, as the cluster says; undefined: not told. */
  running: Sha256 | undefined;
  /** The image that is released. */
  released: Sha256 | undefined;
  old: readonly OdooFacts[];
  new: readonly OdooFacts[];
  now: Instant;
  /** Facts may be this old, in ms. */
  maxAgeMs: number;
}

/** One database under both versions. */
export interface Pair {
  database: UnitId;
  old: OdooFacts;
  new: OdooFacts;
}

/** The databases of which both versions told; what only one of them told is a finding of its own. */
export function pairsOf(seen: Pick<MigrationSeen, 'old' | 'new'>): Pair[] {
  return seen.old.flatMap((old) => {
    const match = seen.new.find(({ database }) => database === old.database);
    return match ? [{ database: old.database, old, new: match }] : [];
  });
}

/**
 * Modules that the new version would have to update in this database: their version is another than the one the
 * database has, or the files that only an update loads are others.
 */
export function modulesToUpdate({ old, new: fresh }: Pair): string[] {
  return Object.entries(fresh.modules)
    .filter(
      ([name, { state, database, image, data }]) =>
        state !== 'installed' || image !== database || data !== (old.modules[name]?.data ?? null),
    )
    .map(([name]) => name)
    .sort();
}

/** Asset bundles whose checksums differ between the two versions. */
export function assetsThatDiffer({ old, new: fresh }: Pair): string[] {
  const bundles = new Set([...Object.keys(old.assets), ...Object.keys(fresh.assets)]);
  return [...bundles].filter((bundle) => old.assets[bundle] !== fresh.assets[bundle]).sort();
}
