import type { Facts, Sha256 } from '@tillgate/release';
import { type MigrationSeen, modulesToUpdate, type Pair, pairsOf } from './seen.ts';

type MigrationFacts = Facts['migration-readiness'];
type Unit = MigrationFacts['units'][number];

/**
 * What the record carries of the data: databases of which the same is true stand together. Only what both
 * versions were heard about is in it; the rest is a finding.
 */
export function migrationFacts(seen: MigrationSeen, images: { from: Sha256; to: Sha256 }): MigrationFacts {
  const pairs = pairsOf(seen);
  const groups = Map.groupBy(pairs, (pair) => JSON.stringify(unitOf(pair)));
  return {
    units: [...groups.values()].map((group) => ({
      units: group.map(({ database }) => database).sort(),
      ...unitOf(group[0] as Pair),
    })),
    assets: assetsOf(pairs),
    connections: connectionsOf(pairs),
    ...images,
  };
}

/**
 * Where no module needs an update, data stay what they are: the old code goes on with them, and the new code
 * works with them if it lacks no column. Where one does, the new code does not work before the update, and
 * nobody has shown that the old code works after it.
 */
function unitOf(pair: Pair): Omit<Unit, 'units'> {
  const modules = modulesToUpdate(pair);
  const stays = modules.length === 0;
  return {
    newOnOld: stays && pair.new.missingColumns.length === 0 ? 'yes' : 'no',
    oldOnNew: stays && pair.old.missingColumns.length === 0 ? 'yes' : 'unknown',
    modulesToUpdate: modules,
  };
}

/**
 * The most that any version needs anywhere, and the least room that was found anywhere: databases of one server share its
 * connections. Null where one of the looks tells nothing.
 */
function connectionsOf(pairs: readonly Pair[]): MigrationFacts['connections'] {
  const told = pairs.flatMap(({ old, new: fresh }) => [old.connections, fresh.connections]);
  const all = told.filter((one) => one !== undefined);
  if (all.length === 0 || all.length < told.length) return null;
  const largest = (of: (one: (typeof all)[number]) => number) => Math.max(...all.map(of));
  const rooms = all.map(({ most, reserved, others, limit }) => Math.min(most - reserved - others, limit ?? Infinity));
  return {
    workers: largest(({ workers }) => workers),
    cronThreads: largest(({ cronThreads }) => cronThreads),
    perProcess: largest(({ perProcess }) => perProcess),
    room: Math.max(0, Math.min(...rooms)),
  };
}

/** Every bundle once; one that differs in any database is told as it differs there. */
function assetsOf(pairs: readonly Pair[]): MigrationFacts['assets'] {
  if (pairs.length === 0) return null;
  const told = new Map<string, { bundle: string; from: string | null; to: string | null }>();
  for (const { old, new: fresh } of pairs) {
    for (const bundle of new Set([...Object.keys(old.assets), ...Object.keys(fresh.assets)])) {
      const [from, to] = [old.assets[bundle] ?? null, fresh.assets[bundle] ?? null];
      if (!told.has(bundle) || from !== to) told.set(bundle, { bundle, from, to });
    }
  }
  return [...told.values()].sort((a, b) => (a.bundle < b.bundle ? -1 : 1));
}
