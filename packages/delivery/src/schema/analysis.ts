import type { AnalysisPlan, AnalysisState, Reading, Timing, VersionsQuery } from '@tillgate/analysis';
import { sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { millis, text } from './words.ts';

const count = z.number().min(0);
const list = <T extends z.ZodType>(of: T) => z.array(of).max(1_000).readonly();

const test = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('comparison'), tolerated: z.number() }),
  z.strictObject({ by: z.literal('limit'), share: z.number() }),
  z.strictObject({ by: z.literal('band'), tolerated: z.number() }),
]);

const metric = z.strictObject({
  name: text,
  unit: text,
  bad: text,
  test,
  cuts: list(text).exactOptional(),
  worse: z.enum(['higher', 'lower']).exactOptional(),
  phi: z.number(),
  pass: z.strictObject({ below: z.number(), cut: z.int().min(0).exactOptional() }).exactOptional(),
  floor: z.strictObject({ share: z.number(), total: z.number() }).exactOptional(),
  weight: z.number().exactOptional(),
});

/** A plan of what is watched, as it is read back. What its numbers must be is said by `checkPlan` of analysis. */
export const analysisPlanSchema = z.strictObject({
  metrics: list(metric),
  alpha: z.number(),
  beta: z.number(),
  minimum: z.strictObject({ seconds: count, tenants: count, sessions: count }),
}) satisfies z.ZodType<AnalysisPlan>;

const match = z.strictObject({ label: text, pattern: text });

export const versionsQuerySchema = z.strictObject({
  query: text,
  arm: z.strictObject({ label: text, candidate: text, stable: text }),
}) satisfies z.ZodType<VersionsQuery>;

export const readingSchema = versionsQuerySchema.extend({
  metric: text,
  tenant: text.exactOptional(),
  endpoint: text.exactOptional(),
  ignore: list(text).exactOptional(),
  warmUp: z.strictObject({ labels: list(text), lasts: millis }).exactOptional(),
  counts: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('share'), bad: match, total: match.exactOptional() }),
    z.strictObject({ kind: z.literal('buckets'), slowerThan: list(z.number()) }),
    z.strictObject({ kind: z.literal('level'), above: z.number().exactOptional(), below: z.number().exactOptional() }),
    z.strictObject({ kind: z.literal('sessions') }),
  ]),
}) satisfies z.ZodType<Reading>;

export const timingSchema = z.strictObject({
  window: millis,
  settle: millis,
  patience: millis,
  lookback: millis,
  span: millis,
}) satisfies z.ZodType<Timing>;

const tally = z.strictObject({ total: count, bad: z.array(count).max(100) });

/** Counts by tenant. Not a record of zod, which leaves a tenant called `__proto__` out. */
const tenants = z.custom<Record<string, [bad: number, total: number]>>(
  (value) =>
    isObject(value) &&
    Object.values(value).every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((each) => Number.isFinite(each) && each >= 0),
    ),
  'must be [bad, total] by tenant',
);

const metricState = z.strictObject({
  fail: z.array(z.number()).max(1_000),
  pass: z.array(z.number()).max(1_000),
  candidate: tally,
  stable: tally,
  tenants,
  failed: z.strictObject({ at: millis, why: z.enum(['evidence', 'floor']), bad: count, total: count }).exactOptional(),
});

export const analysisStateSchema = z.strictObject({
  schema: z.literal(1),
  plan: sha256Schema,
  cursor: millis,
  since: millis,
  compared: count,
  sessions: count,
  metrics: z.record(text, metricState),
}) satisfies z.ZodType<AnalysisState>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
