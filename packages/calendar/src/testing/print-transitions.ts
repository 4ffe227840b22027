/**
 * Prints what this process makes of the zones named on its command line: changes of offset from 2024 to 2028,
 * and freezes of ten minutes in every gap and fold. Started with different TZ, it must print the same.
 */
import { formatWall, MINUTE } from '../wall.ts';
import { allowInterval, freezeInterval } from '../zones/interval.ts';
import { runtimeZones } from '../zones/runtime-zones.ts';

const from = Date.UTC(2024, 0, 1);
const source = runtimeZones(from, Date.UTC(2029, 0, 1), process.versions.tz);
const told: Record<string, unknown> = {};
for (const name of process.argv.slice(2)) {
  const zone = source.zone(name);
  const [first, ...rest] = zone.periods;
  const changes = rest.map(({ since, offset }, index) => {
    const before = zone.periods[index]?.offset ?? Number.NaN;
    // the middle of the hour that is missing or double
    const wall = since + (before + offset) / 2;
    const spell = { from: wall, to: wall + 10 * MINUTE };
    const freeze = freezeInterval(spell, [zone]);
    const allow = allowInterval(spell, [zone]);
    return {
      at: new Date(since).toISOString().replace('.000Z', 'Z'),
      before: before / MINUTE,
      after: offset / MINUTE,
      wall: formatWall(wall),
      freeze: [freeze.start - since, freeze.end - since].map((millis) => millis / MINUTE),
      allow: allow ? [allow.start - since, allow.end - since].map((millis) => millis / MINUTE) : null,
    };
  });
  told[name] = { first: (first?.offset ?? Number.NaN) / MINUTE, changes };
}
process.stdout.write(JSON.stringify(told));
