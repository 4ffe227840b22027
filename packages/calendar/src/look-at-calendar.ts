import type { Evidence, Instant } from '@tillgate/release';
import type { FeedWorld } from './feed/read-feeds.ts';
import type { CalendarQuestion } from './observe.ts';
import type { FreezeSeen } from './seen.ts';

/** What a look at the calendar needs of the world. */
export interface CalendarWorld extends FeedWorld {
  clockSource: string;
  /** A second clock, and by how many milliseconds this machine is ahead of it. */
  secondClock?: { name: string; offsetMs: number } | undefined;
  /** Folder of the system's zone files; only tests have another one. */
  zoneinfo?: string;
}

/** What is asked, without what the look finds out by itself. */
export interface FreezeQuestion
  extends Omit<CalendarQuestion, 'now' | 'at' | 'exceptions' | 'feeds' | 'clock' | 'zoneRelease' | 'systemZones'> {
  /** Default: now. */
  at?: Instant | undefined;
  /** Path, beside the policy, of a file of approved exceptions. */
  exceptionsFile?: string | undefined;
  /** An iCalendar file that the caller adds; its events close at level block, and open nothing. */
  added?: { name: string; bytes: Uint8Array } | undefined;
}

/** What a look gives: the observation that rules judge, and what a verdict needs beside it. */
export interface FreezeLook {
  seen: FreezeSeen;
  evidence: Evidence[];
  /** Until when the answer may be relied on. */
  validUntil: Instant;
}

/**
 * Looks at the calendar: reads feeds, approved exceptions, the system's zone data and the clocks, and works
 * out what they say of a release.
 *
 * To look again before a record is signed, call this with the same question and no `at`, then
 * `judgeFreeze(look.seen, 'enforce')`, and conclude over the findings.
 *
 * @throws Error when a window, a zone or the file of exceptions cannot be understood
 */
export async function lookAtCalendar(question: FreezeQuestion, world: CalendarWorld): Promise<FreezeLook> {
  // Loaded late: an action that finds its inputs wrong must not have waited for a calendar.
  const { look } = await import('./look.ts');
  return look(question, world);
}
