import type { CalendarPolicy, FreezeException } from '@tillgate/policy';
import { formatDuration, type Instant, millisOf, parseDuration, type Sha256 } from '@tillgate/release';

/** An exception with the document that grants it. */
export interface Granted extends FreezeException {
  /** Digest of the policy, or of the file beside it, in which it stands. */
  document: Sha256;
}

/** An exception that speaks of this release, judged. */
export interface JudgedException {
  id: string;
  windows: string[];
  reason: string;
  requestedBy: string;
  approvedBy?: string;
  expires: Instant;
  document: Sha256;
  /** Why it does not count; absent when it does. */
  refused?: string;
}

/**
 * Judges the exceptions that could speak of a release: those that name it, and those that name none and are
 * therefore refused. Exceptions for other releases are nobody's business here.
 *
 * @param now the moment at which they must be in force, in milliseconds
 */
export function judgeExceptions(
  granted: readonly Granted[],
  release: Sha256,
  calendar: CalendarPolicy,
  now: number,
): JudgedException[] {
  const twice = new Set<string>();
  const seen = new Set<string>();
  for (const { id } of granted) (seen.has(id) ? twice : seen).add(id);
  return granted
    .filter((one) => one.release === undefined || one.release === release)
    .map((one) => {
      const refused = twice.has(one.id)
        ? 'its id is used twice, so it cannot be told which one was approved'
        : whyRefused(one, calendar, now);
      const { id, windows, reason, requestedBy, approvedBy, expires, document } = one;
      return {
        id,
        windows,
        reason,
        requestedBy,
        expires,
        document,
        ...(approvedBy !== undefined && { approvedBy }),
        ...(refused !== undefined && { refused }),
      };
    });
}

function whyRefused(one: Granted, calendar: CalendarPolicy, now: number): string | undefined {
  const longest = parseDuration(calendar.exceptions.longest);
  const approved = millisOf(one.approvedAt);
  const expires = millisOf(one.expires);
  if (one.release === undefined) return 'it names no release digest, so it would open the freeze to anything';
  if (one.approvedBy === undefined) return 'nobody has approved it';
  if (samePerson(one.approvedBy, one.requestedBy)) return `${one.approvedBy} asked for it and approved it`;
  if (approved > now) return `its approval lies in the future (${one.approvedAt})`;
  if (expires <= now) return `it expired at ${one.expires}`;
  if (expires - approved > longest)
    return `it lasts ${formatDuration(expires - approved)}, and the policy allows ${formatDuration(longest)}`;
  const unknown = one.windows.filter((name) => !Object.hasOwn(calendar.windows, name));
  if (unknown.length > 0) return `it names windows that do not exist: ${unknown.join(', ')}`;
  const sealed = one.windows.filter((name) => calendar.windows[name]?.level === 'block-all-but-emergency');
  if (sealed.length > 0) return `${sealed.join(', ')} can be passed by an emergency only`;
  return undefined;
}

/** Whether two names mean one account: GitHub's are the same in any case, with or without the at sign. */
function samePerson(a: string, b: string): boolean {
  const plain = (name: string) => name.trim().replace(/^@/, '').toLowerCase();
  return plain(a) === plain(b);
}
