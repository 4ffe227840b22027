import { digestOf } from '@tillgate/release';
import type { OdooFacts } from '../odoo-facts.ts';
import type { MigrationSeen } from '../seen.ts';

export const [OLD, NEW] = [digestOf('old image'), digestOf('new image')];

/** A database as a version found it. */
export function database(image: OdooFacts['image'], changes: Partial<OdooFacts> = {}): OdooFacts {
  return {
    schema: 'https://tillgate.dev/odoo-facts/v1',
    image,
    database: 'shop',
    uuid: '9b9549a5-6c72-4c63-80ae-733b457c7d50',
    observedAt: '2026-11-23T09:00:00.000Z',
    odoo: '19.0',
    modules: { sale: { state: 'installed', database: '19.0.1.2', image: '19.0.1.2', data: digestOf('sale') } },
    assets: { 'web.assets_web': '3c34c5c60d9df33e.57f794a4ff7f1103' },
    missingColumns: [],
    connections: { workers: 4, cronThreads: 1, perProcess: 8, most: 200, reserved: 3, others: 7, limit: null },
    ...changes,
  };
}

/** A release of code alone: nothing to be found. */
export const CODE_ONLY: MigrationSeen = {
  running: OLD,
  released: NEW,
  old: [database(OLD)],
  new: [database(NEW)],
  now: '2026-11-23T10:00:00.000Z',
  maxAgeMs: 24 * 3_600_000,
};
