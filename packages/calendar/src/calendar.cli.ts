/**
 * `npm run calendar -- 2026 --policy <file>`: prints what a policy's calendar says of a year as a table, and
 * writes it as iCalendar for people's own calendars and as a picture.
 */
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readBounded, writeWhole } from '@tillgate/host';
import { loadPolicy, POLICY_LIMIT, type Policy } from '@tillgate/policy';
import { CHANGE_KINDS, RELEASE_CLASSES, type ReleaseClass } from '@tillgate/release';
import { type FeedWorld, readFeeds } from './feed/read-feeds.ts';
import { idleWindows } from './idle.ts';
import type { Concerned } from './place.ts';
import { yearAsIcs } from './print/ics.ts';
import { yearAsSvg } from './print/svg.ts';
import { aligned, yearRows } from './print/table.ts';
import { yearOf } from './print/year.ts';
import { liveCalendar } from './strands.ts';
import { DAY } from './wall.ts';
import { runtimeZones } from './zones/runtime-zones.ts';

const USAGE = `npm run calendar -- <year> --policy <file> [--environment <name>] [--class <class>] [--out <folder>]`;
/** Years for which every event is computed. */
const [FIRST, LAST] = [1970, 2077];

try {
  await main();
} catch (thrown) {
  console.error(`calendar: ${(thrown as Error).message}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      policy: { type: 'string', default: '.github/release-policy.yml' },
      environment: { type: 'string' },
      class: { type: 'string', default: 'standard' },
      out: { type: 'string', default: '.' },
    },
  });
  const year = Number(positionals[0]);
  if (positionals.length !== 1 || !Number.isInteger(year) || year < FIRST || year > LAST) {
    throw new Error(`name one year from ${FIRST} to ${LAST}.\n${USAGE}`);
  }
  const releaseClass = RELEASE_CLASSES.find((one) => one === values.class);
  if (!releaseClass) throw new Error(`"${values.class}" is no class; there are ${RELEASE_CLASSES.join(', ')}.`);
  const { policy } = loadPolicy(await readBounded(values.policy, POLICY_LIMIT), values.policy);
  const release = releaseTo(policy, values.environment, releaseClass);
  const { name, timezone } = release.environment;

  const from = Date.UTC(year, 0, 1);
  const world: FeedWorld = {
    now: () => Date.now(),
    signal: AbortSignal.timeout(60_000),
    readTrusted: (path) => readBounded(join(dirname(values.policy), '..', path), 8 * 1024 * 1024),
  };
  const feeds = await readFeeds(policy.calendar, from + 60 * DAY, world);
  for (const { seen } of feeds.values()) {
    if (seen.state !== 'fresh') console.error(`The feed "${seen.name}" is ${seen.state} and left out: ${seen.note}.`);
  }
  const read = new Map(
    [...feeds].flatMap(([feed, { recurrences }]) => (recurrences ? [[feed, recurrences] as const] : [])),
  );
  const live = await liveCalendar(policy.calendar, release, read);
  const own = new Map([...read.values()].flatMap(({ tables }) => [...tables]));
  const runtime = runtimeZones(from - 60 * DAY, from + 430 * DAY, process.versions.tz);
  const tables = (zone: string) => own.get(zone) ?? [runtime.zone(zone)];

  const view = yearOf(live, tables, year, timezone);
  console.log(aligned(yearRows(view, tables)));
  for (const { window, why } of idleWindows(live, tables, from)) console.log(`\n${window} has no effect: ${why}.`);
  const title = `Release windows of ${name}, ${year} (${timezone}, class ${releaseClass})`;
  const base = join(values.out, `calendar-${year}`);
  await writeWhole(`${base}.ics`, await yearAsIcs(view, name, Date.now()));
  await writeWhole(`${base}.svg`, yearAsSvg(view, title));
  console.log(`\n${view.occurrences.length} occurrences. Written: ${base}.ics, ${base}.svg`);
}

/** A release of every kind to the environment named, or to the only one there is. */
function releaseTo(policy: Policy, wanted: string | undefined, releaseClass: ReleaseClass): Concerned {
  const known = Object.keys(policy.environments);
  const name = wanted ?? (known.length === 1 ? known[0] : undefined);
  const environment = name === undefined ? undefined : policy.environments[name];
  if (name === undefined || !environment) {
    throw new Error(`name one of the policy's environments with --environment: ${known.join(', ') || 'it has none'}.`);
  }
  return { environment: { ...environment, name }, class: releaseClass, kinds: CHANGE_KINDS };
}
