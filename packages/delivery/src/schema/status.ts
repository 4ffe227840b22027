import { digestOfValue, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import type { Plan } from '../plan.ts';
import { Refused } from '../ports.ts';
import type { Status } from '../status.ts';
import { stepsOf } from '../steps-of.ts';
import { analysisStateSchema } from './analysis.ts';
import { basisPoints, goalSchema, laneId, millis, safeState, text } from './words.ts';

/** What an object of Kubernetes may hold of it at most, in bytes. */
export const STATUS_LIMIT = 256 * 1024;

/** How many commands are remembered, so that none is carried out twice. */
export const HEARD_KEPT = 50;

const way = z.enum(['forward', ...safeState.options]);
const decided = z.strictObject({ by: z.string().min(1).max(100), reason: text, at: millis });
const pair = z.tuple([z.number().min(0), z.number().min(0)]);
const patches = z
  .array(z.strictObject({ resource: text, name: text, type: z.enum(['json', 'merge']), patch: z.json() }))
  .max(100)
  .readonly();

const lane = z.strictObject({
  way,
  step: z.int().min(0),
  since: millis,
  reached: millis.exactOptional(),
  lost: millis.exactOptional(),
  limitFrom: millis,
  intent: z.strictObject({ lane: laneId, step: text, goal: goalSchema }).exactOptional(),
  waved: decided.exactOptional(),
  end: z.enum(['promoted', 'returned', 'held']).exactOptional(),
});

const evidence = z.strictObject({
  metric: text,
  candidate: pair,
  stable: pair,
  worse: z.number().nullable(),
  bound: z.number(),
  good: z.number().nullable(),
});

const passage = z.strictObject({
  lane: laneId,
  way,
  step: text,
  share: basisPoints,
  since: millis,
  reached: millis.nullable(),
  left: millis,
  because: text,
  evidence: z.array(evidence).max(100),
});

/** A status as it stands in the cluster, where people can write: nothing that it does not know is let through. */
export const statusSchema = z.strictObject({
  schema: z.literal(1),
  plan: sha256Schema,
  record: sha256Schema,
  epoch: z.int().min(1),
  startedAt: millis,
  deadline: millis,
  onInconclusive: z.enum(['safe-state', 'pause']),
  lanes: z.record(laneId, lane),
  evidence: z.strictObject({
    beside: analysisStateSchema.exactOptional(),
    after: analysisStateSchema.exactOptional(),
  }),
  safe: safeState,
  escape: z.partialRecord(safeState, patches),
  before: z.strictObject({
    image: sha256Schema,
    replicas: z.int().min(0),
    floor: z.int().min(0),
    uid: text,
    configuration: z.record(text, sha256Schema),
    errorShare: z.number().min(0).max(1).nullable(),
  }),
  paused: decided.exactOptional(),
  decided: decided.exactOptional(),
  heard: z.array(text).max(HEARD_KEPT),
  history: z.array(passage).max(1_000),
}) satisfies z.ZodType<Status>;

/** The status as it is written. @throws Refused where it would not be read back: what stands there is left as it is */
export function encodeStatus(status: Status): string {
  const json = JSON.stringify(status);
  const fault = faultOf(statusSchema.safeParse(JSON.parse(json)));
  if (fault) throw new Refused(`The state of the delivery could not be read again: ${fault}. It is not written.`);
  if (Buffer.byteLength(json) > STATUS_LIMIT) {
    throw new Refused(
      `The state of the delivery would have ${Buffer.byteLength(json)} bytes; at most ${STATUS_LIMIT} are kept. Watch fewer metrics, or group tenants.`,
    );
  }
  return json;
}

/** Reads a status, trusting nothing. @throws Refused */
export function readStatus(json: string): Status {
  const size = Buffer.byteLength(json);
  if (size > STATUS_LIMIT) {
    throw new Refused(`The state of the delivery has ${size} bytes; at most ${STATUS_LIMIT} are read. ${BY_HAND}`);
  }
  const value = parse(json);
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > 1) {
    throw new Refused(
      `The state of the delivery is of schema ${schema}, this version knows 1: a newer one began this delivery and must end it.`,
    );
  }
  const read = statusSchema.safeParse(value);
  if (read.success) return read.data;
  throw new Refused(`The state of the delivery is none: ${faultOf(read)}. ${BY_HAND}`);
}

/** The first thing that is wrong. */
function faultOf({ error }: z.ZodSafeParseResult<unknown>): string | undefined {
  const [first] = error?.issues ?? [];
  return first && `${first.path.join('.') || 'it'}: ${first.message}`;
}

const BY_HAND =
  'Somebody wrote it by hand. Put back what stood there, or let the watchdog take the release to its safe state.';

/**
 * Checks that a status names nothing that the plan does not: no other step, goal or safe state.
 *
 * @throws Refused
 */
export function requireOfPlan(plan: Plan, status: Status): void {
  const must = (holds: boolean, what: string) => {
    if (!holds) throw new Refused(`The state of the delivery names ${what}, which its plan does not. ${BY_HAND}`);
  };
  must(status.plan === digestOfValue(plan), `plan ${status.plan}`);
  const known = new Set(plan.waves.flat().map(({ id }) => id));
  for (const [id, { way, step, intent }] of Object.entries(status.lanes)) {
    must(known.has(id), `lane ${JSON.stringify(id)}`);
    if (way === 'hold') continue;
    const current = stepsOf(plan, id, way)[step];
    must(current !== undefined, `step ${step} on the way "${way}"`);
    must(
      intent === undefined ||
        (intent.lane === id &&
          intent.step === current?.name &&
          digestOfValue(intent.goal) === digestOfValue(current.goal)),
      'another goal',
    );
  }
  const { beside, after } = status.evidence;
  must(!beside || beside.plan === digestOfValue(plan.watching?.beside.analysis ?? null), 'evidence of another plan');
  must(!after || after.plan === digestOfValue(plan.watching?.after?.analysis ?? null), 'evidence of another plan');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Refused(`The state of the delivery is not JSON. ${BY_HAND}`, { cause });
  }
}
