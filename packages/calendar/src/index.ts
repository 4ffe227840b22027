export { CalendarError } from './calendar-error.ts';
export type { JudgedException } from './exceptions.ts';
export { FEED_LIMIT } from './feed/limit.ts';
export { judgeFreeze } from './judge.ts';
export { type CalendarWorld, type FreezeLook, type FreezeQuestion, lookAtCalendar } from './look-at-calendar.ts';
export { type CalendarQuestion, observeCalendar } from './observe.ts';
export { freezeQuestion, type OwnQuestion } from './question.ts';
export { freezeRules } from './rules/index.ts';
export { type FreezeSeen, type MetWindow, PURPOSES, type Purpose } from './seen.ts';
