import type { BasisPoints, LaneId } from './plan.ts';
import type { End, Evidence, Way } from './status.ts';

/** What happened, for people: each thing once, in the order in which it happened. Text in it may be foreign: escape it where it is shown. */
export type Said = { at: number } & (
  | { what: 'began'; lane: LaneId; way: Way; step: string; share: BasisPoints }
  | { what: 'reached'; lane: LaneId; step: string; tookMs: number }
  | { what: 'lost'; lane: LaneId; step: string; why: string }
  | { what: 'regained'; lane: LaneId; step: string }
  | { what: 'left'; lane: LaneId; step: string; because: string; evidence: readonly Evidence[] }
  | { what: 'turned'; lane: LaneId; step: string; to: Way; by: string; reason: string }
  | { what: 'heard'; word: string; by: string; ignored?: string }
  | { what: 'paused'; by: string; reason: string }
  | { what: 'late'; lane: LaneId; step: string; reason: string }
  | { what: 'ended'; lane: LaneId; end: End }
);
