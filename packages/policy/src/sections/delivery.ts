import { parseDuration, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { durationSchema } from '../words-schema.ts';

const objectName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a Kubernetes object');
const positive = durationSchema.refine((text) => isLong(text), 'must be longer than nothing');
const percent = z
  .number()
  .min(0)
  .max(100)
  .refine(isHundredths, 'has more than two decimals: a share is a whole number of hundredths of a percent');

const router = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('traefik'),
      traefikService: objectName.describe('The TraefikService that is Tillgate’s own; the IngressRoute sends to it.'),
      ingressRoute: objectName.describe('The IngressRoute of the workload, which belongs to the platform.'),
    }),
    z.strictObject({
      by: z.literal('httproute'),
      httpRoute: objectName.describe('The HTTPRoute of the Gateway API; the weights of its first rule are set.'),
    }),
  ])
  .describe('What parts traffic between the two versions.');

const testers = z
  .strictObject({
    by: z.enum(['header', 'cookie']).default('header'),
    name: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'must be letters, digits and hyphens'),
    value: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,200}$/, 'must be letters, digits, dots, hyphens and underscores')
      .describe('Not a secret: it stands in the policy and in every record. It chooses a version, it opens nothing.'),
    for: durationSchema.default('0m').describe('How long only testers reach the candidate, before its first share.'),
  })
  .describe('How testers reach the candidate before anybody else does.');

const sessions = z
  .discriminatedUnion('in', [
    z.strictObject({
      in: z.literal('volume'),
      claim: objectName.describe(
        'The PersistentVolumeClaim with the session files, ReadWriteMany, mounted by the container.',
      ),
    }),
    z.strictObject({
      in: z.literal('store'),
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable')
        .describe('The variable by which pods are told their store, such as Redis; a pod without it has no store.'),
    }),
    z.strictObject({ in: z.literal('nowhere') }),
  ])
  .describe(
    'Where sessions are kept, so that pods of both versions know them. `nowhere` is for what answers each request by itself. Not said: nothing is delivered.',
  );

const step = z.strictObject({
  share: percent
    .refine((share) => share > 0 && share < 100, 'must lie between 0 and 100: all of it is what promotion does')
    .describe('Percent of newly assigned sessions that the candidate gets.'),
  for: durationSchema.default('10m').describe('How long at least.'),
  analysis: z.boolean().default(true).describe('Whether the step is left only when the analysis passes.'),
  sessions: z.int().min(0).default(0).describe('Newly assigned sessions that must be seen; 0: they are not counted.'),
  within: percent.default(5).describe('How many percentage points their share may be off.'),
  atMost: positive.default('2h').describe('Longer than this is inconclusive.'),
});

const STEPS = [
  { share: 5, for: '10m' },
  { share: 25, for: '20m' },
  { share: 50, for: '20m' },
];

/** What the policy says of how one environment is delivered to: where, how it is parted, in which steps. */
export const deliverySection = z
  .strictObject({
    container: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a container')
      .default('odoo')
      .describe('The container of the workload whose image is released.'),
    router,
    sessions: sessions.optional(),
    testers: testers.optional(),
    steps: z.array(step).min(1).max(20).prefault(STEPS).describe('Shares of the candidate, one after the other.'),
    readyWithin: positive.default('10m').describe('A candidate that is not ready after this long has failed.'),
    settleWithin: positive.default('30m').describe('How long promotion, and the way back, may take.'),
    mostRestarts: z.int().min(0).default(0).describe('More restarts of candidate pods fail at once.'),
    abandonAfter: positive
      .default('10m')
      .describe('A delivery of which nothing is heard for this long is taken to its safe state by the watchdog.'),
    deadline: positive
      .optional()
      .describe('No delivery takes longer, the watch included. Default: what its steps and the watch may take.'),
    readmitted: z
      .array(
        z.strictObject({
          digest: sha256Schema,
          takenBack: z
            .int()
            .min(1)
            .optional()
            .describe(
              'Number of the release record that was taken back. Only where the quarantine names none: left out.',
            ),
          reason: z.string().min(10).max(1_000),
        }),
      )
      .max(100)
      .default([])
      .describe(
        'Images that a rollback has put under quarantine and that may run again, each with the reason. It counts for the one rollback that it names.',
      ),
  })
  .superRefine((value, context) => {
    value.steps.forEach(({ share, for: time, atMost }, index) => {
      const issue = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['steps', index, key], message });
      if (index > 0 && share <= (value.steps[index - 1]?.share ?? 0))
        issue('share', 'is not larger than the one before');
      if (millis(atMost) < millis(time)) issue('atMost', 'is shorter than `for`: the step could never be left');
    });
  });

export type DeliveryPolicy = z.output<typeof deliverySection>;

/** Whether a percentage is a whole number of hundredths, as weights are. */
function isHundredths(value: number): boolean {
  return Math.abs(value * 100 - Math.round(value * 100)) < 1e-9;
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
