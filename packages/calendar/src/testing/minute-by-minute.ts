/**
 * The slow and simple way to tell whether a calendar is open: look at the clock on the wall, minute by minute.
 * Shares no code with the calendar; only what the policy says comes in. For tests.
 */
import type { calendarSection } from '@tillgate/policy';
import type * as z from 'zod';

export type Calendar = NonNullable<z.input<typeof calendarSection>>;
type Window = NonNullable<Calendar['windows']>[string];

const MINUTE = 60_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clock on the wall of a zone shows, as if it were UTC. */
function wall(zone: string, instant: number): Date {
  const clock =
    clocks.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(zone, clock);
  return new Date(`${clock.format(instant).replace(' ', 'T')}Z`);
}

/** Whether nothing closes at this minute for anybody; windows at level block, scope of tenants' segments only. */
export function isOpen(calendar: Calendar, environmentZone: string, instant: number): boolean {
  const tenants = Object.values(calendar.tenants ?? {});
  const people = tenants.length > 0 ? tenants : [{ zone: environmentZone, segment: undefined }];
  return people.every(({ zone, segment }) => {
    const mine = Object.values(calendar.windows ?? {}).filter(
      ({ scope }) => scope?.segments === undefined || segment === undefined || scope.segments.includes(segment),
    );
    const zonesOf = (window: Window) =>
      window.zone === undefined || window.zone === 'environment'
        ? [environmentZone]
        : window.zone === 'tenants'
          ? [zone]
          : [window.zone].flat();
    const on = (window: Window) => zonesOf(window).some((name) => shows(window, wall(name, instant)));
    const allows = mine.filter(({ kind }) => kind === 'allow');
    return !mine.some((window) => window.kind === 'freeze' && on(window)) && (allows.length === 0 || allows.some(on));
  });
}

/** Whether the window is on when the clock shows this. */
function shows(window: Window, now: Date): boolean {
  if (window.once) return text(now) >= window.once.from && text(now) < window.once.to;
  if (window.weekly) {
    return window.weekly.some(({ days, from, to }) => {
      const start = minutes(from);
      const end = minutes(to) > start ? minutes(to) : minutes(to) + 24 * 60;
      return [0, 1].some((daysAgo) => {
        const day = new Date(now.getTime() - daysAgo * 24 * 60 * MINUTE);
        const since = (now.getTime() - Date.parse(`${text(day).slice(0, 10)}T00:00Z`)) / MINUTE;
        return days.includes(DAYS[day.getUTCDay()] as never) && since >= start && since < end;
      });
    });
  }
  if (window.cron?.lasts) {
    const length = Number(/^(\d+)m$/.exec(window.cron.lasts)?.[1]);
    const [minute, hour, , , weekday] = window.cron.start.split(' ').map(Number);
    for (let ago = 0; ago < length; ago++) {
      const then = new Date(now.getTime() - ago * MINUTE);
      if (then.getUTCMinutes() === minute && then.getUTCHours() === hour && then.getUTCDay() === weekday) return true;
    }
    return false;
  }
  if (window.rrule) {
    // only FREQ=DAILY;INTERVAL=n, in minutes
    const interval = Number(/INTERVAL=(\d+)/.exec(window.rrule.rule)?.[1]) * 24 * 60;
    const length = Number(/^(\d+)m$/.exec(window.rrule.lasts)?.[1]);
    const since = (now.getTime() - Date.parse(`${window.rrule.start}Z`)) / MINUTE;
    return since >= 0 && since % interval < length;
  }
  throw new Error('The slow checker knows no such window.');
}

function text(date: Date): string {
  return date.toISOString().slice(0, 16);
}

function minutes(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
