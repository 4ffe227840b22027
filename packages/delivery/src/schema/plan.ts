import { PlanError } from '@tillgate/analysis';
import { sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { checkPlan } from '../check-plan.ts';
import type { Connections, Plan, Proof, RouterPlan, SessionsKept, Step } from '../plan.ts';
import { PLAN_SCHEMA } from '../plan.ts';
import { Refused } from '../ports.ts';
import { analysisPlanSchema, readingSchema, timingSchema, versionsQuerySchema } from './analysis.ts';
import { basisPoints, goalSchema, laneId, millis, objectName, safeState, text } from './words.ts';

const proof = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('reached') }),
  z.strictObject({ by: z.literal('time'), ms: millis }),
  z.strictObject({ by: z.literal('analysis') }),
  z.strictObject({ by: z.literal('read') }),
  z.strictObject({ by: z.literal('floor') }),
  z.strictObject({ by: z.literal('sessions'), atLeast: z.int().min(0), within: basisPoints }),
  z.strictObject({ by: z.literal('permits') }),
]) satisfies z.ZodType<Proof>;

const step = z.strictObject({
  name: z.string().min(1).max(100),
  goal: goalSchema,
  leaveWhen: z.array(proof).min(1).max(10).readonly(),
  maxMs: millis,
  safe: safeState,
  watched: z.enum(['beside', 'after']).nullable(),
}) satisfies z.ZodType<Step>;

const steps = z.array(step).min(1).max(100).readonly();

const testers = z
  .strictObject({
    by: z.enum(['header', 'cookie']),
    name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/),
    value: z.string().regex(/^[A-Za-z0-9._-]{1,200}$/),
  })
  .nullable();

const router = z.discriminatedUnion('by', [
  z.strictObject({ by: z.literal('traefik'), traefikService: objectName, ingressRoute: objectName, testers }),
  z.strictObject({ by: z.literal('httproute'), httpRoute: objectName, testers }),
]) satisfies z.ZodType<RouterPlan>;

const sessions = z.discriminatedUnion('in', [
  z.strictObject({ in: z.literal('volume'), claim: objectName }),
  z.strictObject({ in: z.literal('store'), env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/) }),
  z.strictObject({ in: z.literal('nowhere') }),
]) satisfies z.ZodType<SessionsKept>;

const count = z.int().min(0);
const connections = z.strictObject({
  workers: count,
  cronThreads: count,
  perProcess: count.min(1),
  room: count,
}) satisfies z.ZodType<Connections>;

const watch = z.strictObject({
  analysis: analysisPlanSchema,
  readings: z.array(readingSchema).max(200).readonly(),
});

const watching = z
  .strictObject({
    beside: watch,
    after: watch.nullable(),
    jobs: versionsQuerySchema.nullable(),
    timing: timingSchema,
    warmUpMs: millis,
    mostRestarts: z.int().min(0),
    readyWithinMs: millis,
  })
  .nullable();

/** A plan as it stands in a record: nothing that it does not know is let through. */
export const planSchema = z
  .strictObject({
    schema: z.literal(PLAN_SCHEMA),
    strategy: z.enum(['canary', 'rollback']),
    release: sha256Schema,
    workload: z.strictObject({ namespace: objectName, deployment: objectName, container: objectName }),
    from: sha256Schema,
    to: sha256Schema,
    images: z.record(sha256Schema, text),
    podTemplate: sha256Schema.nullable(),
    router,
    shared: z.strictObject({ sessions: sessions.nullable(), connections: connections.nullable() }).nullable(),
    watching,
    waves: z
      .array(
        z
          .array(z.strictObject({ id: laneId, steps }))
          .min(1)
          .max(1_000)
          .readonly(),
      )
      .min(1)
      .max(100)
      .readonly(),
    ways: z.strictObject({ stable: steps, new: steps.exactOptional(), maintenance: steps.exactOptional() }),
    parallel: z.int().min(1).max(100),
    abandonAfterMs: millis.min(1),
    deadlineMs: millis.min(1),
  })
  .superRefine((plan, { addIssue }) => {
    for (const [digest, reference] of Object.entries(plan.images)) {
      if (!/^[^\s@]{1,500}@/.test(reference) || !reference.endsWith(`@${digest}`))
        addIssue({ code: 'custom', path: ['images', digest], message: 'is not a reference by this very digest' });
    }
  })
  .meta({ title: 'Tillgate delivery plan' }) satisfies z.ZodType<Plan>;

/**
 * Reads a plan out of a record, trusting nothing: its shape, and that it makes sense.
 *
 * @throws Refused
 */
export function readPlan(value: unknown): Plan {
  const named = (value as { schema?: unknown } | null)?.schema;
  if (named !== PLAN_SCHEMA) {
    throw new Refused(
      `The record holds no delivery plan that is known here: it is of schema ${JSON.stringify(named) ?? 'none'}, known is ${PLAN_SCHEMA}. Sign and deliver with the same release of the actions.`,
    );
  }
  const read = planSchema.safeParse(value);
  if (!read.success) {
    const [first] = read.error.issues;
    throw new Refused(`The delivery plan is not one: ${first?.path.join('.') || 'the plan'}: ${first?.message}.`);
  }
  try {
    checkPlan(read.data);
  } catch (cause) {
    if (!(cause instanceof PlanError)) throw cause;
    throw new Refused(`The delivery plan makes no sense: ${cause.message}`, { cause });
  }
  return read.data;
}
