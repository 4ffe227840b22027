import type { CalendarWindow } from '@tillgate/policy';
import type { Concerned, Place } from './place.ts';

/** The clocks by which a window goes, and who lives by which. Windows of the same reach share one. */
export interface Clocks {
  list: readonly { zone: string; places: readonly Place[] }[];
  /** The zones by whose clock the window goes at a place; none where it does not reach it. */
  at: ReadonlyMap<Place, readonly string[]>;
}

/** Gives the clocks of windows, each set of them once. */
export function clockmaker({ environment }: Concerned, all: readonly Place[]) {
  const known = new Map<string, Clocks>();
  const position = new Map(all.map((place, index) => [place, index]));

  return function clocksOf(zone: CalendarWindow['zone'], places: readonly Place[]): Clocks {
    const whom = places.length === all.length ? '*' : places.map((place) => position.get(place)).join();
    const key = `${whom} ${zone}`;
    const clocks = known.get(key) ?? make(zone, places);
    known.set(key, clocks);
    return clocks;
  };

  function make(zone: CalendarWindow['zone'], places: readonly Place[]): Clocks {
    if (zone === 'environment') return clocksAt([{ zone: environment.timezone, places }]);
    if (zone !== 'tenants') return clocksAt([zone].flat().map((name) => ({ zone: name, places })));
    const byZone = Map.groupBy(places, (place) => place.zone);
    return clocksAt([...byZone].map(([name, own]) => ({ zone: name, places: own })));
  }
}

/** Clocks from a list of them. */
export function clocksAt(list: Clocks['list']): Clocks {
  const at = new Map<Place, string[]>();
  for (const { zone, places } of list) {
    for (const place of places) {
      const zones = at.get(place);
      if (zones) zones.push(zone);
      else at.set(place, [zone]);
    }
  }
  return { list, at };
}
