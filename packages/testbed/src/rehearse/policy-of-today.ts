import type { Sha256 } from '@tillgate/release';
import { parseDocument } from 'yaml';

/** What of the caller's policy depends on this machine and this moment. */
interface Today {
  trivy: { version: string; sha256: Sha256 };
  /** Repository from which the vulnerability database is fetched. */
  database: string;
  /** Whether a freeze shall cover the present. */
  frozen: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

const HOUR = 3_600_000;

/**
 * The caller's policy for a rehearsal: it accepts this machine's Trivy and the database of its registry, and its
 * freezes are taken out, or one is put in that covers the present, so that a rehearsal ends the same way on
 * every day of the year.
 */
export function policyOfToday(policy: string, { trivy, database, frozen, now }: Today): string {
  const document = parseDocument(policy);
  document.setIn(['imageScan', 'trivy', 'accepted'], document.createNode([trivy]));
  document.setIn(['imageScan', 'database', 'repositories'], document.createNode([database]));
  const windows = frozen
    ? {
        'stock-taking': {
          kind: 'freeze',
          level: 'block',
          zone: 'UTC',
          reason: 'Every shop counts its stock.',
          once: { from: minute(now - HOUR), to: minute(now + 3 * HOUR) },
        },
      }
    : {};
  document.setIn(['calendar', 'windows'], document.createNode(windows));
  // Seconds instead of minutes, so that nobody waits for a rehearsal; what must be shown stays what it is.
  const delivery = ['environments', 'production', 'delivery'];
  document.setIn([...delivery, 'steps'], document.createNode(STEPS));
  for (const [name, value] of Object.entries(LIMITS)) document.setIn([...delivery, name], value);
  document.setIn(['classes', 'standard', 'delivery', 'watch'], '2s');
  document.setIn(['analysis'], document.createNode(ANALYSIS));
  return document.toString();
}

const STEPS = [
  { share: 25, for: '2s', atMost: '90s' },
  { share: 50, for: '2s', atMost: '90s' },
];

const LIMITS = { readyWithin: '60s', settleWithin: '2m', abandonAfter: '1m' };

/** The shops of the test bed count calls and their outcome as Odoo with its add-on does, under names of their own. */
const ANALYSIS = {
  window: '1s',
  settle: 'PT1.2S',
  patience: '5s',
  lookback: '1m',
  warmUp: '1s',
  minimum: { time: '2s' },
  dispersion: { measured: { errors: 1 } },
  jobs: { query: 'shop_job_looks_total{version=~"$candidate|$stable"}' },
  metrics: [
    {
      name: 'errors',
      query: 'shop_requests_total{version=~"$candidate|$stable"}',
      tenant: 'tenant',
      share: { label: 'outcome', bad: 'error|rpc_error' },
      pass: { below: 0.05 },
      floor: { share: 0.5, of: 20 },
    },
  ],
};

function minute(millis: number): string {
  return new Date(millis).toISOString().slice(0, 16);
}
