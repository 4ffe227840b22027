import type { Sha256 } from '@tillgate/release';
import { parseDocument } from 'yaml';

/** What of the caller's policy depends on this machine and this moment. */
export interface Today {
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
  return document.toString();
}

function minute(millis: number): string {
  return new Date(millis).toISOString().slice(0, 16);
}
