/**
 * `npm run calibrate -- --prometheus <address> --from 14d`: runs the policy's settings over your own past, in which nothing was
 * compared, and says which false-alarm rate and which time to detection they would have had. See docs/how-to/calibrate.md.
 */
import { parseArgs } from 'node:util';
import { type Analysis, analysisOfPast } from '@tillgate/analysis';
import { calibrate, chartOf, reportOf } from '@tillgate/analysis/calibrate';
import { prometheusClient, readPast } from '@tillgate/analysis/prometheus';
import { readBounded, writeWhole } from '@tillgate/host';
import { loadPolicy, POLICY_LIMIT } from '@tillgate/policy';
import { instantOf, millisOf, parseDuration, parseInstant } from '@tillgate/release';

const USAGE = `npm run calibrate -- --prometheus <address> --from <time or age> [--to <time or age>]
  --policy <file>        .github/release-policy.yml unless told
  --environment <name>   what $environment stands for in queries
  --word <name>=<value>  what another $word stands for; $candidate and $stable are any value unless told
  --split <label>        whose values are parted at random: replicas (instance, the default), or tenants
  --share <percent>      part of the traffic that the candidate is to have (10)
  --watch <duration>     how long a release is watched (1h)
  --starts <number>      start times at most (200)
  --splits <number>      how often each is parted anew (3)
  --more <percents>      how much worse a bad candidate is, of its good requests (1,3,10,30)
  --seed <number>        of the random parting (1)
  --chart <file>         writes a picture (SVG)
  --json                 prints all figures as JSON instead of tables
Times are RFC 3339 with an offset, or an age (14d). A header for Prometheus: PROMETHEUS_AUTHORIZATION in the environment.`;

try {
  await main();
} catch (thrown) {
  console.error(`calibrate: ${(thrown as Error).message}`);
  process.exitCode = 2;
}

/** Exit code 0: nothing speaks against the settings; 1: more false alarms than alpha, beyond chance; 2: nothing could be said. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      prometheus: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string', default: '0s' },
      policy: { type: 'string', default: '.github/release-policy.yml' },
      environment: { type: 'string' },
      word: { type: 'string', multiple: true, default: [] },
      split: { type: 'string', default: 'instance' },
      share: { type: 'string', default: '10' },
      watch: { type: 'string', default: '1h' },
      starts: { type: 'string', default: '200' },
      splits: { type: 'string', default: '3' },
      more: { type: 'string', default: '1,3,10,30' },
      seed: { type: 'string', default: '1' },
      chart: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.prometheus === undefined || values.from === undefined) {
    throw new Error(`--prometheus and --from are needed: whose past, and from when on.\n${USAGE}`);
  }
  const watch = parseDuration(values.watch);
  const { policy } = loadPolicy(await readBounded(values.policy, POLICY_LIMIT), values.policy);
  const { environment } = values;
  if (environment !== undefined && !Object.hasOwn(policy.environments, environment)) {
    throw new Error(
      `the environment "${environment}" is not in ${values.policy}; there: ${Object.keys(policy.environments).join(', ') || 'none'}.`,
    );
  }
  const analysis = analysisOfPast(policy.analysis, {
    ...(environment !== undefined && { environment }),
    ...words(values.word),
  });
  const { PROMETHEUS_AUTHORIZATION: authorization } = process.env;
  const client = prometheusClient({ address: values.prometheus, ...(authorization && { headers: { authorization } }) });
  const now = await client.now();
  const starts = startTimes(
    analysis,
    timeOf(values.from, now),
    timeOf(values.to, now),
    watch,
    count('starts', values.starts),
  );
  const say = (line: string) => process.stderr.write(`calibrate: ${line}\n`);
  say(`${starts.length} start times, ${instantOf(starts[0] as number)} to ${instantOf(starts.at(-1) as number)}`);
  const found = await calibrate(analysis, readPast(client, analysis, starts, watch), {
    watch,
    split: values.split,
    share: percent('share', values.share),
    splits: count('splits', values.splits),
    effects: values.more.split(',').map((each) => percent('more', each)),
    seed: count('seed', values.seed),
  });
  if (found.asSet.alarms.runs === 0) {
    throw new Error(`none of ${starts.length} start times told anything. The first: ${found.blank[0]?.because}`);
  }
  if (values.chart !== undefined) await writeWhole(values.chart, chartOf(found.asSet, watch / 1000));
  console.log(values.json ? JSON.stringify(found, infinite) : reportOf(analysis.plan, found));
  if (found.asSet.alarms.failed.low > analysis.plan.alpha) process.exitCode = 1;
}

/** One start time a watch, evenly spread where there is room for more than are wanted. */
function startTimes({ timing }: Analysis, from: number, to: number, watch: number, most: number): number[] {
  const first = Math.ceil(from / timing.window) * timing.window;
  const room = Math.floor((to - timing.settle - first) / watch);
  if (room < 1) {
    throw new Error(
      `between ${instantOf(from)} and ${instantOf(to)} there is no room for one release that is watched for ${watch / 60_000} min. Take a longer past, or a shorter --watch.`,
    );
  }
  const every = Math.ceil(room / most);
  return Array.from({ length: Math.floor((room - 1) / every) + 1 }, (_, at) => {
    const start = first + at * every * watch;
    return Math.floor(start / timing.window) * timing.window;
  });
}

/** A time as it is written, or so long before now. */
function timeOf(text: string, now: number): number {
  return /^\d{4}-/.test(text) ? millisOf(parseInstant(text)) : now - parseDuration(text);
}

function words(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((each) => {
      const [, name, value] = /^\$?([A-Za-z][A-Za-z0-9]*)=(.+)$/.exec(each) ?? [];
      if (name === undefined || value === undefined) throw new Error(`--word ${each}: write it as name=value.`);
      return [name, value];
    }),
  );
}

function count(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} ${text}: it must be a whole number above 0.`);
  return value;
}

function percent(option: string, text: string): number {
  const value = Number(text.trim().replace(/ *%$/, '')) / 100;
  if (!(value > 0 && value <= 1)) throw new Error(`--${option} ${text}: it must be a percentage above 0, at most 100.`);
  return value;
}

/** JSON has no infinity: what was never found is null. */
function infinite(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? null : value;
}
