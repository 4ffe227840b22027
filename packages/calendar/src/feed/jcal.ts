import { CalendarError } from '../calendar-error.ts';
import { type Wall, wallOf } from '../wall.ts';

/** A component as ical.js gives it (jCal, RFC 7265): name, properties, components. */
export type Component = [string, RawProperty[], Component[]];
type RawProperty = [name: string, parameters: Record<string, string | string[]>, type: string, ...values: unknown[]];

/** One property; of several values the first, see `properties`. */
export interface Property {
  name: string;
  parameters: Record<string, string | string[]>;
  /** `date`, `date-time`, `duration`, `recur`, `utc-offset`, `text`, … */
  type: string;
  value: unknown;
}

/** The components of a kind directly inside another. */
export function components([, , inner]: Component, kind: string): Component[] {
  return inner.filter(([name]) => name === kind);
}

/** Every value of every property with this name, each as a property of its own. */
export function properties([, all]: Component, name: string): Property[] {
  return all
    .filter(([own]) => own === name)
    .flatMap(([own, parameters, type, ...values]) => values.map((value) => ({ name: own, parameters, type, value })));
}

/** @throws CalendarError when a property that stands once stands twice */
export function property(component: Component, name: string): Property | undefined {
  const found = properties(component, name);
  if (found.length > 1) throw new CalendarError(`${component[0].toUpperCase()} has ${name.toUpperCase()} twice.`);
  return found[0];
}

const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2}):(\d{2}))?(Z?)$/;

/**
 * A date or date-time as local time; whether it ends in Z is the caller's business.
 *
 * @throws CalendarError when it does not exist (30 February, 25:00)
 */
export function localIn(of: Property | undefined, where: string): Wall {
  const text = String(of?.value ?? '');
  const found = LOCAL.exec(text);
  const [, day = '', hour = '00', minute = '00', second = '00'] = found ?? [];
  const wall = found ? wallOf(`${day}T${hour}:${minute}`) + Number(second) * 1_000 : Number.NaN;
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== `${day}T${hour}:${minute}:${second}`) {
    throw new CalendarError(
      `${where} has ${of?.name.toUpperCase() ?? 'no DTSTART'} ${text || 'missing'}, which is no date.`,
    );
  }
  return wall;
}

/** Local time of a UTC text in a fixed offset. */
export function instantIn(text: string, offset: number): Wall {
  const wall = localIn({ name: 'until', parameters: {}, type: 'date-time', value: text }, 'RRULE');
  return text.endsWith('Z') ? wall + offset : wall;
}

/** `+01:00` or `-00:44:30` in milliseconds. */
export function offsetOf(of: Property | undefined, where: string): number {
  const found = /^([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(String(of?.value ?? ''));
  if (!found) throw new CalendarError(`VTIMEZONE ${where} lacks an offset that can be read.`);
  const [, sign, hours, minutes, seconds = '0'] = found;
  return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

/** An RRULE as text again, its UNTIL turned into local time. */
export function ruleText(of: Property, untilLocal: (until: string) => Wall): string {
  const parts = Object.entries(of.value as Record<string, unknown>).map(([key, value]) => {
    if (key !== 'until') return `${key.toUpperCase()}=${[value].flat().join(',')}`;
    const local = new Date(untilLocal(String(value))).toISOString();
    const dateOnly = !String(value).includes('T');
    return `UNTIL=${local.slice(0, dateOnly ? 10 : 19).replaceAll(/[-:]/g, '')}`;
  });
  return parts.join(';');
}
