import type { Sha256 } from '@tillgate/release';
import { type PermitOffice, Refused, Unavailable } from '../ports.ts';
import type { Permits } from '../seen.ts';
import type { EnvironmentObject } from './environment.ts';

export interface PermitOptions {
  /** Digest of the record that is delivered: it must still be the head. */
  record: Sha256;
  /** When the record expires, ms. */
  expiresAt: number;
  /** When the opening that it was signed in ends, ms; null: no end is known. */
  closesAt: number | null;
}

/** Whether a release may still go forward, by the environment object and the record. What cannot be read is unknown, and unknown holds. */
export function permitOffice(
  environment: EnvironmentObject,
  { record, expiresAt, closesAt }: PermitOptions,
): PermitOffice {
  return {
    async read(at): Promise<Permits> {
      const because: string[] = [];
      const told = await environment.read().catch((cause: unknown) => {
        if (!(cause instanceof Unavailable) && !(cause instanceof Refused)) throw cause;
        because.push(cause.message);
        return undefined;
      });
      const when = (ms: number) => new Date(ms).toISOString();
      if (told?.freeze !== undefined) because.push(`The platform team has stopped deliveries: ${told.freeze}`);
      if (closesAt !== null && at >= closesAt)
        because.push(`A freeze began at ${when(closesAt)}, by the calendar of the record.`);
      if (at >= expiresAt) because.push(`The record expired at ${when(expiresAt)}.`);
      const isHead = told?.head?.digest === record;
      if (told && !isHead)
        because.push(`The head of the environment is record ${told.head?.sequence ?? '(none)'}, no longer ours.`);
      const closed = told?.freeze !== undefined || (closesAt !== null && at >= closesAt);
      return {
        freeze: closed ? 'closed' : told ? 'open' : 'unknown',
        record: at >= expiresAt ? 'expired' : !told ? 'unknown' : isHead ? 'valid' : 'superseded',
        because,
      };
    },
  };
}
