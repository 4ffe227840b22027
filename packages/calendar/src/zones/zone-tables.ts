import type { Tables } from '../closures.ts';
import { runtimeZones } from './runtime-zones.ts';
import { agree, type Zone } from './zone.ts';

/** The system's own zone data, read for the zones in use. */
export interface SystemZones {
  /** Release of the database; absent where the system does not tell. */
  release?: string;
  zones: ReadonlyMap<string, Zone>;
}

/**
 * The tables of the zones in use. The runtime's data decides; where the system's are newer (or do not tell
 * their age) and say otherwise for a zone in this range, both are kept, and the wider reading counts.
 */
export function zoneTables(
  names: readonly string[],
  from: number,
  to: number,
  runtimeRelease: string | undefined,
  system: SystemZones | undefined,
): { tables: Tables; disagreeing: string[] } {
  const runtime = runtimeZones(from, to, runtimeRelease);
  const second = system && isNewer(system.release, runtimeRelease) ? system.zones : new Map<string, Zone>();
  const known = new Map<string, Zone[]>();
  const disagreeing: string[] = [];
  for (const name of names) {
    const zone = runtime.zone(name);
    const other = second.get(name);
    const differs = other !== undefined && !agree(zone, other, from, to);
    if (differs) disagreeing.push(name);
    known.set(name, differs ? [zone, other] : [zone]);
  }
  return {
    disagreeing,
    tables(name) {
      const tables = known.get(name) ?? [runtime.zone(name)];
      known.set(name, tables);
      return tables;
    },
  };
}

/** Whether zone data may be newer: releases are a year and a letter, so that they sort as text. */
function isNewer(release: string | undefined, than: string | undefined): boolean {
  return release === undefined || than === undefined || release > than;
}
