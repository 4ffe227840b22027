import { commitSchema, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { moment } from './moment.ts';
import { recordHeadShape } from './record-schema.ts';

const text = z.string().min(1).max(8_192);
const short = z.string().min(1).max(255);

/** What the record of every act says of when, where and by whom. */
const actShape = {
  ...recordHeadShape,
  startedAt: moment.describe("When it began, by the API server's clock"),
  endedAt: moment.describe("When it ended, by the API server's clock"),
  run: z
    .strictObject({ repository: short, id: short, attempt: z.int().min(1) })
    .nullable()
    .describe('The run that acted last. null: it was no run of GitHub Actions'),
  issued: moment,
  nonce: z.string().regex(/^[0-9a-f]{32,64}$/, 'must be 32 to 64 lower-case hex digits'),
};

const counted = z.tuple([z.int().min(0), z.int().min(0)]);

/** A step that is over. */
const passage = z.strictObject({
  lane: short,
  way: short.describe('`forward`, or the safe state to which it led'),
  step: short,
  share: z.int().min(0).max(10_000).describe('Share of the candidate in hundredths of a percent'),
  since: moment,
  reached: moment.nullable().describe('null: what the step asked for was never there'),
  left: moment,
  because: text.describe('`proved`, who answered for it in place of evidence, or what turned it'),
  evidence: z.array(
    z.strictObject({
      metric: short,
      candidate: counted.describe('Bad ones, and all'),
      stable: counted.describe('Bad ones, and all'),
      worse: z.number().nullable().describe('ln of the evidence that it is worse. null: none can be named'),
      bound: z.number().describe('ln of the evidence at which it fails'),
      good: z.number().nullable().describe('ln of the evidence that it is good, less its bound. null: it cannot pass'),
    }),
  ),
});

/** DeliveryRecord v1: what became of a release. */
export const deliveryRecordSchema = z
  .strictObject({
    kind: z.literal('delivery'),
    ...actShape,
    record: sha256Schema.describe('Digest of the release record that was delivered'),
    release: sha256Schema.describe('Digest of the release'),
    plan: sha256Schema.describe('Digest of the frozen plan that was followed'),
    from: sha256Schema.describe('Image that ran before'),
    to: sha256Schema.describe('Image that was released'),
    commit: commitSchema.nullable().describe('Commit of what runs after it. null: it is not known'),
    end: z
      .enum(['promoted', 'returned', 'held'])
      .describe('Wholly on the new version, wholly back, or left as it stood because that was the safe state'),
    decided: z
      .strictObject({ by: short, reason: text, at: moment })
      .nullable()
      .describe('What turned or ended it. null: nothing did, it went its way to the end'),
    running: z.array(sha256Schema).describe('What ready pods of the workload ran at the end, each digest once'),
    epoch: z.int().min(1).describe('Epoch under which it ended: whoever takes a delivery over raises it by one'),
    steps: z.array(passage).max(1_000).describe('The steps that it went through, in order, and what was shown in each'),
  })
  .meta({ title: 'Tillgate delivery record' });

/** RecoveryRecord v1: what was taken back, and what of it is known to be true. */
export const recoveryRecordSchema = z
  .strictObject({
    kind: z.literal('recovery'),
    ...actShape,
    act: z.literal('rollback'),
    record: sha256Schema.describe('Digest of the release record that was taken back'),
    from: sha256Schema.describe('Image that was taken back'),
    to: sha256Schema.describe('Image that runs again'),
    commit: commitSchema.nullable().describe('Commit of what runs again. null: it is not known'),
    reason: text,
    askedBy: short.nullable().describe('Account that asked for it. null: not told'),
    verified: z
      .array(
        z.strictObject({
          what: text,
          holds: z.enum(['yes', 'no', 'unknown']).describe('unknown: it could not be looked at'),
          how: text,
        }),
      )
      .min(1),
    quarantined: z.array(sha256Schema).describe('Images that run again only when a new record readmits them'),
  })
  .meta({ title: 'Tillgate recovery record' });

export type DeliveryRecord = z.infer<typeof deliveryRecordSchema>;
export type RecoveryRecord = z.infer<typeof recoveryRecordSchema>;
export type ActRecord = DeliveryRecord | RecoveryRecord;
