import * as z from 'zod';
import { median } from './latency.ts';
import type { ShopSeen, SmokeSeen, TrendPoint } from './seen.ts';

const SCHEMA = 'https://tillgate.dev/smoke-baseline/v1';

/** How often a flow is run at most, and so how many times a step has. */
const MOST_REPEATS = 50;
/** Points of the trend that are carried on from run to run. */
const TREND = 30;

const at = z.string().max(40);

const baselineSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  at,
  concurrency: z.int().min(1),
  tenants: z.record(
    z.string().max(200),
    z.strictObject({
      version: z.string().max(40),
      times: z.record(z.string().max(300), z.array(z.number().nonnegative()).max(MOST_REPEATS)),
    }),
  ),
  trend: z.array(z.strictObject({ at, ms: z.number().nonnegative() })).max(TREND),
});

/** Times of an earlier run, to compare with: of each tenant, and taken with so much at once. */
export type Baseline = z.output<typeof baselineSchema>;

/** Reads a baseline that an earlier run wrote. @throws Error if it is none */
export function parseBaseline(text: string): Baseline {
  const parsed = baselineSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new Error(`The baseline is none that this gate wrote: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`The baseline is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** What a run hands on as baseline: its own times, and the trend up to now. */
export function baselineText(seen: SmokeSeen, when: string, concurrency: number): string {
  const timed = seen.tenants.filter(({ times }) => Object.keys(times).length > 0);
  const tenants = Object.fromEntries(
    timed.map(({ tenant, shop, times }) => [tenant, { version: shop?.version ?? '', times }]),
  );
  return `${JSON.stringify({ schema: SCHEMA, at: when, concurrency, tenants, trend: seen.trend }, null, 1)}\n`;
}

/** The trend with this run as its newest point, where it took any time. */
export function trendWith(earlier: readonly TrendPoint[], tenants: readonly ShopSeen[], when: string): TrendPoint[] {
  const ms = tenants.flatMap(({ times }) => Object.values(times)).reduce((sum, values) => sum + median(values), 0);
  const whole = ms > 0 ? [...earlier, { at: when, ms: Math.round(ms) }] : [...earlier];
  return whole.slice(-TREND);
}
