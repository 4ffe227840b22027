import type { Decision, Objection } from '@tillgate/decision';
import type { ReleaseRecord } from '@tillgate/signing';

/** The freeze as it is at this moment, for the decision and for the record. */
export function freezeNow(decision: Decision): { objections: Objection[]; recorded: ReleaseRecord['freeze'] } {
  return { objections: [], recorded: { at: decision.at, closesAt: null, window: null } };
}
