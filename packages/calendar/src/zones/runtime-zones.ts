import { DAY } from '../wall.ts';
import { type Period, type Zone, ZoneError, type ZoneSource } from './zone.ts';

/** Samples lie a week apart: no zone has left and returned to an offset in less (Morocco takes five weeks). */
const STEP = 7 * DAY;

/**
 * The zones that this runtime carries, read through Intl, so that neither the process's own zone nor the
 * system's files play a part. Tables cover [from, to) and are made when first asked for.
 *
 * @param release release of the data; Node tells it in `process.versions.tz`
 */
export function runtimeZones(from: number, to: number, release: string | undefined): ZoneSource {
  const known = new Map<string, Zone>();
  return {
    ...(release !== undefined && { release }),
    zone(name) {
      const zone = known.get(name) ?? { name, periods: periodsOf(name, from, to) };
      known.set(name, zone);
      return zone;
    },
  };
}

function periodsOf(name: string, from: number, to: number): Period[] {
  const offset = offsetReader(name);
  const periods: Period[] = [{ since: Number.NEGATIVE_INFINITY, offset: offset(from) }];
  for (let left = from; left < to; left += STEP) {
    const right = Math.min(left + STEP, to);
    const before = offset(left);
    const after = offset(right);
    if (before !== after) periods.push({ since: firstWith(offset, left, right, before), offset: after });
  }
  return periods;
}

/** The first whole second in (left, right] at which the offset is no longer `before`. */
function firstWith(offset: (instant: number) => number, left: number, right: number, before: number): number {
  let low = Math.floor(left / 1_000);
  let high = Math.ceil(right / 1_000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle * 1_000) === before) low = middle;
    else high = middle;
  }
  return high * 1_000;
}

function offsetReader(name: string): (instant: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new ZoneError(`"${name}" is no time zone that this runtime knows. Write it like Europe/Berlin.`, { cause });
  }
  return (instant) => {
    const whole = Math.floor(instant / 1_000) * 1_000;
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = format
      .format(whole)
      .split(/\D+/)
      .map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  };
}
