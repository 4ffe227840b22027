import {
  CHANGE_KINDS,
  commitSchema,
  FLOOR_CLASSES,
  GATE_NAMES,
  instantSchema,
  RELEASE_CLASSES,
  sha256Schema,
} from '@tillgate/release';
import * as z from 'zod';
import { analysisSection } from './sections/analysis.ts';
import { calendarSection } from './sections/calendar.ts';
import { deliverySection } from './sections/delivery.ts';
import { imageScanSection } from './sections/image-scan.ts';
import { smokeSection } from './sections/smoke.ts';
import { accountSchema, durationSchema, zoneSchema } from './words-schema.ts';

const approvals = z
  .strictObject({
    count: z.int().min(0).max(10).default(1).describe('How many people must approve.'),
    from: z
      .array(accountSchema)
      .default([])
      .describe('Numeric ids of the accounts that may approve; empty: whoever the environment names as reviewer.'),
    not: z
      .array(z.enum(['author', 'actor']))
      .default(['author', 'actor'])
      .describe('Who may not: the authors of the change, or the person who started the run.'),
  })
  .prefault({});

const releaseClass = z.strictObject({
  gates: z
    .array(z.enum(GATE_NAMES))
    .min(1)
    .optional()
    .describe(
      'Gates that must have answered. Where an environment says how it is delivered to, migration-readiness too.',
    ),
  tolerates: z
    .array(z.enum(GATE_NAMES))
    .default([])
    .describe('Gates whose `inconclusive` does not block this class. Everywhere else, what could not be known blocks.'),
  warnings: z.enum(['allow', 'block']).default('allow').describe('Whether a `warn` may go.'),
  changeKinds: z
    .array(z.enum(CHANGE_KINDS))
    .default(['application'])
    .describe('Kinds of change that may travel together.'),
  approvals,
  recordValidFor: durationSchema.default('24h').describe('How long a signed record may be used.'),
  delivery: z
    .strictObject({ strategy: z.enum(['canary']).default('canary'), watch: durationSchema.default('1h') })
    .prefault({})
    .describe('How the release is delivered, and how long it is watched.'),
  recovery: z
    .strictObject({ rto: durationSchema.default('30m'), rpo: durationSchema.default('5m') })
    .prefault({})
    .describe('How fast recovery must be, and how much may be lost.'),
});

const environment = z.strictObject({
  timezone: zoneSchema.describe('Zone in which the people of this environment live and its tills run.'),
  class: z
    .enum(FLOOR_CLASSES)
    .default('standard')
    .describe('The least strict class a release to this environment may have.'),
  region: z.string().max(64).optional(),
  deployDuration: durationSchema.default('15m').describe('How long a deployment takes, for looking ahead.'),
  delivery: deliverySection
    .optional()
    .describe(
      'How releases are delivered here; the gate migration-readiness is required then, whatever the class names. Without it, records are signed and somebody else delivers.',
    ),
});

const emergency = z.strictObject({
  id: z.string().min(1).max(100),
  environment: z.string().min(1).max(255),
  commit: commitSchema.optional(),
  release: sha256Schema.optional(),
  reason: z.string().min(10).max(1_000),
  requestedBy: z.string().min(1).max(100),
  approvedBy: z.string().min(1).max(100),
  expires: instantSchema,
  reviewDue: instantSchema.describe('By when the release is reviewed after the fact.'),
});

/** The whole policy file, `.github/release-policy.yml`. Unknown keys are errors. */
export const policySchema = z.strictObject({
  extends: z.string().optional().describe('A preset to start from, for example `preset:odoo-retail`.'),
  environments: z.record(z.string().regex(/^[A-Za-z0-9._/-]{1,255}$/), environment).default({}),
  classes: z.partialRecord(z.enum(RELEASE_CLASSES), releaseClass).default({}),
  analysis: analysisSection,
  calendar: calendarSection,
  imageScan: imageScanSection,
  smoke: smokeSection,
  emergencies: z
    .array(emergency)
    .default([])
    .describe('Releases declared an emergency, with who asked, who approved (another person), why and until when.'),
});

/** A policy after its preset and all defaults have been applied. */
export type Policy = z.output<typeof policySchema>;
export type EnvironmentPolicy = Policy['environments'][string];
export type ClassPolicy = z.output<typeof releaseClass>;
export type Emergency = z.output<typeof emergency>;
