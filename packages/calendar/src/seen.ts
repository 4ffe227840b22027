import type { FreezeLevel } from '@tillgate/policy';
import type { Instant, ReleaseClass, Sha256, UnitId } from '@tillgate/release';
import type { JudgedException } from './exceptions.ts';

/** What a release is about, for the calendar: recovery is never frozen. */
export const PURPOSES = ['release', 'recovery'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A window that stands in the way between `at` and the end of the watch. */
export interface MetWindow {
  window: string;
  /** `freeze`: inside a freeze; `allow`: outside the allow windows. */
  kind: 'freeze' | 'allow';
  level: FreezeLevel;
  reason?: string;
  start: Instant;
  end: Instant;
  /** Its end by the clock of the zone in which it is written, for people: `2026-12-01T00:00 Europe/Berlin`. */
  localEnd: string;
  /** Tenants concerned; `*` is the whole installation. */
  units: UnitId[];
  /** The exception that lifts it for as long as this release needs. */
  lift?: { id: string; document: Sha256; expires: Instant };
}

/** A feed, as it could be read. */
export interface SeenFeed {
  name: string;
  state: 'fresh' | 'kept' | 'stale' | 'unreadable';
  /** One sentence: what was read, or why not. */
  note: string;
  /** Until when what was read may be relied on. */
  goodUntil?: Instant;
  digest?: Sha256;
  /** What in it was understood otherwise than it may have been meant. */
  doubts: string[];
}

/** What is known of the zones in use. */
interface SeenZoneData {
  /** Release of the zone data that this runtime carries. */
  runtime?: string;
  minimum?: string;
  /** Release of the system's zone data, where it has some. */
  system?: string;
  /** Zones in use whose two tables disagree; their widest reading counts. */
  disagreeing: string[];
}

/** What a freeze check has seen: pure data, which can be judged again at any time. */
export interface FreezeSeen {
  release: Sha256;
  class: ReleaseClass;
  purpose: Purpose;
  /** The moment that was asked about, and the moment at which it was asked. */
  at: Instant;
  now: Instant;
  /** How far ahead `at` may lie where the answer counts, in milliseconds. */
  aheadMs: number;
  deployMs: number;
  watchMs: number;
  /** The strictest first; no more than a verdict can carry. */
  met: MetWindow[];
  /** How many more were met. */
  moreMet: number;
  nextOpening?: Instant;
  /** When the opening that starts at `nextOpening` ends. */
  opensUntil?: Instant;
  /** When the opening in which `at` lies ends; `at` itself when it is closed; absent when not within 400 days. */
  closesAt?: Instant;
  /** By clock and rules: when there is room for these tenants on their own. */
  openings: { zone: string; units: UnitId[]; nextOpening?: Instant }[];
  exceptions: JudgedException[];
  /** The declaration that made it an emergency. */
  emergency?: { id: string; requestedBy: string; approvedBy: string; reason: string; reviewDue: Instant };
  feeds: SeenFeed[];
  zoneData: SeenZoneData;
  clock: { source: string; secondSource?: string; offsetMs?: number };
  /** Windows that change nothing, and why. */
  idle: { window: string; why: string }[];
}
