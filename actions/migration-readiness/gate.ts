import { defineGate, inWorkspace, plain, table } from '@tillgate/action-kit';
import { readBounded } from '@tillgate/host';
import {
  assetsThatDiffer,
  FACTS_LIMIT,
  type MigrationSeen,
  migrationFacts,
  migrationRules,
  modulesToUpdate,
  pairsOf,
  readOdooFacts,
} from '@tillgate/migration';
import { digestOf, instantOf, isSha256, type Sha256 } from '@tillgate/release';
import { inputs } from './inputs.ts';

/** Rows of the summary; the document holds all. */
const ROWS = 50;

export const gate = defineGate({
  gate: 'migration-readiness',
  title: 'Migration readiness',
  description:
    'Tells whether the old and the new version of Odoo may share a database: which modules need an update, and whether their assets are the same.',
  inputs,
  outputs: {
    'shares-database': '`true` when both versions may work on every database at once, so that a canary is open.',
    'modules-to-update': 'Modules that need an update in any database, separated by blanks.',
  },
  rules: migrationRules,

  async observe({ inputs: given, subject, clock }) {
    const read = async (file: string) => {
      const bytes = await readBounded(inWorkspace(file), FACTS_LIMIT);
      return { bytes, facts: readOdooFacts(bytes, file) };
    };
    const [old, fresh] = await Promise.all([read(given['old-facts']), read(given['new-facts'])]);
    const seen: MigrationSeen = {
      running: theOne(given['running-digests']),
      released: theOne(subject.artifacts.filter(({ kind }) => kind === 'image').map(({ digest }) => digest)),
      old: old.facts,
      new: fresh.facts,
      now: instantOf(clock.now()),
      maxAgeMs: given['facts-max-age'],
    };
    const databases = new Set([...old.facts, ...fresh.facts].map(({ database }) => database));
    const judged = new Set(pairsOf(seen).map(({ database }) => database));
    return {
      seen,
      coverage: { expected: databases.size, missing: [...databases].filter((name) => !judged.has(name)).sort() },
      evidence: [
        { name: given['old-facts'], digest: digestOf(old.bytes) },
        { name: given['new-facts'], digest: digestOf(fresh.bytes) },
      ],
      validUntil: instantOf(oldest(seen) + seen.maxAgeMs),
    };
  },

  facts(seen) {
    return migrationFacts(seen, { from: imageOf(seen.old), to: imageOf(seen.new) });
  },

  present(_verdict, seen) {
    const pairs = pairsOf(seen);
    const modules = [...new Set(pairs.flatMap(modulesToUpdate))].sort();
    const rows = pairs.slice(0, ROWS).map((pair) => {
      const [update, assets] = [modulesToUpdate(pair), assetsThatDiffer(pair)];
      return [
        plain(pair.database),
        plain(update.join(', ')) || 'none',
        assets.length === 0 ? 'the same' : plain(assets.join(', ')),
      ];
    });
    const open =
      pairs.length > 0 && pairs.every((pair) => modulesToUpdate(pair).length + assetsThatDiffer(pair).length === 0);
    return {
      outputs: { 'shares-database': String(open), 'modules-to-update': modules.join(' ') },
      summary: table(['database', 'modules to update', 'assets'], rows),
    };
  },
});

/** The only one of several, or nothing: two versions that run are not one. */
function theOne(digests: readonly string[]): Sha256 | undefined {
  const [only] = digests;
  return digests.length === 1 && isSha256(only) ? only : undefined;
}

/** Files hold at least one database each; that all are of one image is a rule's business. */
function imageOf(facts: MigrationSeen['old']): Sha256 {
  return (facts[0] as MigrationSeen['old'][number]).image;
}

function oldest({ old, new: fresh }: MigrationSeen): number {
  return Math.min(...[...old, ...fresh].map(({ observedAt }) => Date.parse(observedAt)));
}
