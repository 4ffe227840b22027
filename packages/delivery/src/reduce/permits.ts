import type { Permits } from '../seen.ts';

/** Whether a release may go a step forward. What is not known holds it; what is known to forbid turns it. */
export type Permit = 'given' | 'unknown' | { by: 'freeze' | 'record'; reason: string };

export function permitOf({ freeze, record, because }: Permits): Permit {
  const why = because.length > 0 ? because.join(' ') : 'No reason was told.';
  if (freeze === 'closed') return { by: 'freeze', reason: `A freeze has begun. ${why}` };
  if (record === 'expired' || record === 'superseded')
    return { by: 'record', reason: `The record is ${record}. ${why}` };
  return freeze === 'open' && record === 'valid' ? 'given' : 'unknown';
}
