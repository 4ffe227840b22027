import type { Shared } from './plan.ts';
import { Refused } from './ports.ts';

/** What must be known. */
export type Known = { [K in keyof Shared]: NonNullable<Shared[K]> };

/**
 * Demands that it is known what pods of two versions have in common: where sessions are, and how many connections to the
 * database there may be. Not known is no.
 *
 * @throws Refused saying what nobody has told, and who could
 */
export function requireSharedPods(shared: Shared | null): Known {
  if (!shared?.sessions)
    throw new Refused(
      'Nobody has said where sessions are kept, so it is not known whether a client of the candidate could go back to stable without logging in again. Say it in the policy (environments.*.delivery.sessions), and sign again.',
    );
  const { sessions, connections } = shared;
  if (!connections)
    throw new Refused(
      'Nobody has looked how many connections to the database a pod may open, and how many there is room for: a candidate could keep stable from its database. Run the gate migration-readiness on facts that deploy/odoo-facts/odoo_facts.py makes now (docs/how-to/deliver.md), and decide and sign again.',
    );
  return { sessions, connections };
}
