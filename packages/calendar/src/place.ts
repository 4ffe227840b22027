import type { CalendarPolicy, CalendarWindow, Tenant, Timetable } from '@tillgate/policy';
import { type ChangeKind, type ReleaseClass, type UnitId, WHOLE_INSTALLATION } from '@tillgate/release';

/** Whom a release concerns, and what it is, as far as windows can tell it apart. */
export interface Concerned {
  environment: { name: string; timezone: string; region?: string | undefined };
  class: ReleaseClass;
  kinds: readonly ChangeKind[];
}

/** Tenants that no window of the calendar tells apart: they live by the same clock and the same rules. */
export interface Place {
  zone: string;
  region?: string | undefined;
  segment?: string | undefined;
  hours?: Timetable | undefined;
  units: UnitId[];
}

/** The places of a calendar; without tenants, the environment is the only one. */
export function placesOf(calendar: CalendarPolicy, environment: Concerned['environment']): Place[] {
  const tenants = Object.entries(calendar.tenants);
  if (tenants.length === 0) {
    return [{ zone: environment.timezone, region: environment.region, units: [...WHOLE_INSTALLATION] }];
  }
  const windows = Object.values(calendar.windows);
  const named = new Set(windows.flatMap(({ scope }) => scope.tenants ?? []));
  const byRegion = windows.some(({ scope }) => scope.regions);
  const bySegment = windows.some(({ scope }) => scope.segments);
  const byHours = windows.some(({ event }) => event?.name === 'opening-hours');
  const places = new Map<string, Place>();
  for (const [id, tenant] of tenants) {
    const { zone }: Tenant = tenant;
    const region = byRegion ? (tenant.region ?? environment.region) : undefined;
    const segment = bySegment ? tenant.segment : undefined;
    const hours = byHours ? tenant.hours : undefined;
    const key = JSON.stringify([zone, region, segment, hours, named.has(id) ? id : null]);
    const place = places.get(key) ?? { zone, region, segment, hours, units: [] };
    place.units.push(id);
    places.set(key, place);
  }
  return [...places.values()];
}

/** Whether a window speaks of this release at all. */
export function concerns({ scope }: CalendarWindow, release: Concerned): boolean {
  return (
    (scope.environments?.includes(release.environment.name) ?? true) &&
    (scope.classes?.includes(release.class) ?? true) &&
    (scope.kinds?.some((kind) => release.kinds.includes(kind)) ?? true)
  );
}

/**
 * Whether a window speaks of a place. What is not known of a place (a tenant without segment, an
 * environment without tenants) is not outside the scope: not knowing never opens anything.
 */
export function reaches({ scope }: CalendarWindow, place: Place): boolean {
  const whole = place.units.length === 1 && place.units[0] === WHOLE_INSTALLATION[0];
  return (
    (scope.regions === undefined || place.region === undefined || scope.regions.includes(place.region)) &&
    (scope.segments === undefined || place.segment === undefined || scope.segments.includes(place.segment)) &&
    (scope.tenants === undefined || whole || place.units.some((unit) => scope.tenants?.includes(unit)))
  );
}
