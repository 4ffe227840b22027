export { migrationFacts } from './facts.ts';
export { FACTS_LIMIT, ODOO_FACTS_SCHEMA, type OdooFacts, OdooFactsError, readOdooFacts } from './odoo-facts.ts';
export { migrationRules } from './rules/index.ts';
export { assetsThatDiffer, type MigrationSeen, modulesToUpdate, type Pair, pairsOf } from './seen.ts';
