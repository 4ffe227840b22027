import { parseDuration } from '@tillgate/release';
import * as z from 'zod';
import { durationSchema } from '../words-schema.ts';

const chance = z.number().gt(0).lt(1);
const name = z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'must be lower-case letters, digits and hyphens');
const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a label');
const selector = z.string().min(1).max(2_000);
const pattern = z.string().min(1).max(500).refine(isPattern, 'is no regular expression');
const positive = durationSchema.refine((text) => isLong(text), 'must be longer than nothing');

/** What tells both versions apart in a query's answer. */
const versions = z.strictObject({
  label: label.default('version').describe('The label whose value differs between the two versions.'),
  candidate: z.string().min(1).max(300).default('$candidate').describe("Its value on the new version's series."),
  stable: z
    .string()
    .min(1)
    .max(300)
    .default('$stable')
    .describe('Its value on the series that are compared: those of the old version, or of a baseline of the same age.'),
});

/** The three ways in which a metric counts: exactly one of them is given. */
const COUNTS = ['share', 'slowerThan', 'level'] as const;

const metric = z
  .strictObject({
    name,
    query: selector.describe(
      'A plain selector of raw counters, without rate() or sum(); for a level any expression. `$candidate`, `$stable`, `$environment` and other words of the target are filled in.',
    ),
    unit: z.string().min(1).max(50).default('requests').describe('What is counted, for people: the unit of evidence.'),
    bad: z.string().min(1).max(100).default('failed').describe('What a bad one did, for people.'),
    versions: versions.optional().describe("Where it differs from the section's own."),
    tenant: label.optional().describe('Label of the tenant. Tenants are compared each with itself.'),
    endpoint: label.optional().describe('Label of the group of endpoints. Groups are compared each with itself.'),
    warmUp: z
      .array(label)
      .max(5)
      .optional()
      .describe(
        'Labels that part what warms up, for example the database: the first minutes of each of their values on each scraped instance do not count. Left out: nothing is left out.',
      ),
    share: z
      .strictObject({
        label,
        bad: pattern.describe('Values of the label that are bad: a regular expression of the whole value.'),
        of: pattern.optional().describe('Values of the label that are all; left out: every value.'),
      })
      .optional()
      .describe('Counters: bad ones of all. For events, `label: __name__` over a query of two counters.'),
    slowerThan: z
      .array(z.number().positive())
      .min(1)
      .max(10)
      .optional()
      .describe('Bounds of a histogram in seconds, each of them a bucket.'),
    level: z
      .strictObject({ above: z.number().optional(), below: z.number().optional() })
      .refine(({ above, below }) => above !== undefined || below !== undefined, 'needs `above` or `below`')
      .optional()
      .describe('A level (queue, lag), read once a window and series: bad when beyond this.'),
    tolerated: z
      .number()
      .positive()
      .default(1.2)
      .describe('How many times the rate of stable is tolerated. For `worse: lower` the least part of it.'),
    atMost: chance
      .optional()
      .describe('The share that is tolerated, for what has no stable counterpart. In place of a comparison.'),
    worse: z.enum(['higher', 'lower']).default('higher').describe('`lower` where fewer are the harm (orders posted).'),
    pass: z
      .strictObject({
        below: chance.describe('The share that must be shown not to be reached.'),
        slowerThan: z.number().positive().optional().describe('At which bound, where there are several.'),
      })
      .optional()
      .describe('Without it, this metric can fail a release but not pass it.'),
    floor: z
      .strictObject({
        share: chance,
        of: z.int().min(1).describe('The least number in one window for which this is asked.'),
      })
      .optional()
      .describe('A share of the candidate in one window that fails at once.'),
    weight: z.number().positive().max(1_000).default(1).describe('Its part of alpha relative to the others.'),
  })
  .superRefine((value, context) => {
    const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    const given = COUNTS.filter((way) => value[way] !== undefined);
    if (given.length !== 1)
      context.addIssue({
        code: 'custom',
        message: `needs exactly one of ${COUNTS.join(', ')}; it has ${given.length === 0 ? 'none' : given.join(' and ')}`,
      });
    const at = value.pass?.slowerThan;
    if (at !== undefined && !value.slowerThan?.includes(at))
      issue('pass', `names a bound that is not measured: ${at} is not in slowerThan`);
    if (value.worse === 'lower' && (value.pass || value.floor || value.atMost !== undefined || !value.share))
      issue('worse', '"lower" is for shares that are compared with stable: it has no pass, floor or atMost');
  });

/** What the policy says of evidence from metrics: what is watched, and how sure one must be. */
export const analysisSection = z
  .strictObject({
    alpha: chance
      .default(0.01)
      .describe('Chance that a release that is no worse than tolerated is ever failed, over all metrics and looks.'),
    beta: chance.default(0.05).describe('Chance that a metric at its limit is ever passed.'),
    window: positive.default('15s').describe('Width of a window; at least the scrape interval.'),
    settle: durationSchema
      .default('10s')
      .describe('How long after its end a window is read: what scrapes and remote writers may be late.'),
    patience: positive.default('60s').describe('A target that was not heard for this long is not waited for.'),
    lookback: positive
      .default('5m')
      .describe(
        'Samples further apart than this are not joined: Prometheus was away. At least warmUp and twice patience.',
      ),
    warmUp: durationSchema
      .default('2m')
      .describe('How long a pod, or a database on a pod, warms up. What it does until then does not count.'),
    ignore: z
      .array(label)
      .max(20)
      .default([])
      .describe(
        'Labels that only say which replica of Prometheus saw it: series that differ in nothing else are a fault.',
      ),
    minimum: z
      .strictObject({
        time: durationSchema.default('10m').describe('How long both versions must have had traffic.'),
        tenants: z.int().min(1).default(1).describe('How many tenants the candidate must have served.'),
        sessions: z.int().min(0).default(0).describe('How many sessions the candidate must have served.'),
      })
      .prefault({})
      .describe('What a pass needs besides evidence.'),
    versions: versions.prefault({}).describe('What tells the two versions apart, unless a metric says otherwise.'),
    sessions: z
      .strictObject({ query: selector, versions: versions.optional() })
      .optional()
      .describe(
        "Counters of sessions that began. Needed where `minimum.sessions`, or the sessions of a delivery's step, are above 0.",
      ),
    jobs: z
      .strictObject({ query: selector, versions: versions.optional() })
      .optional()
      .describe(
        'Counters of how often each version looked for scheduled jobs that are due. They must rise after a rollback, or nobody runs jobs. Left out: whether they run is not known.',
      ),
    metrics: z.array(metric).max(50).default([]).describe('What is watched. A list replaces that of the preset.'),
    dispersion: z
      .strictObject({
        assumed: z
          .number()
          .min(1)
          .max(1_000)
          .default(9)
          .describe('How many bad ones come at a time, where it was not measured. 9 is bursts of five; 1 is none.'),
        measured: z
          .record(name, z.number().min(1).max(1_000))
          .default({})
          .describe('The same by metric, from your own past: `npm run calibrate` writes it. Frozen before a release.'),
      })
      .prefault({}),
  })
  .superRefine((value, context) => {
    const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = value.metrics.map((each) => each.name);
    names.forEach((each, index) => {
      if (names.indexOf(each) < index) issue(['metrics', index, 'name'], `"${each}" is used twice`);
    });
    // A file that only adds measurements to a preset's metrics is read once without them.
    for (const each of names.length > 0 ? Object.keys(value.dispersion.measured) : []) {
      if (!names.includes(each))
        issue(['dispersion', 'measured', each], `is no metric of this policy; there are ${names.join(', ')}`);
    }
    if (value.minimum.sessions > 0 && !value.sessions && names.length > 0)
      issue(['minimum', 'sessions'], 'cannot be reached: `sessions` says no query that counts them');
    const [window, patience, lookback, warmUp] = [value.window, value.patience, value.lookback, value.warmUp].map(
      millis,
    ) as [number, number, number, number];
    if (patience < window) issue(['patience'], 'is shorter than a window');
    if (lookback < warmUp + 2 * patience) issue(['lookback'], 'is shorter than warmUp and twice patience');
  })
  .prefault({});

export type AnalysisPolicy = z.output<typeof analysisSection>;
export type WatchedMetric = AnalysisPolicy['metrics'][number];

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`).source !== '';
  } catch {
    return false; // the reason is in the message of the schema
  }
}

/** Milliseconds of a duration; NaN for what another check already refuses. */
function millis(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return Number.NaN; // durationSchema has said so
  }
}

const isLong = (text: string) => !(millis(text) <= 0);
