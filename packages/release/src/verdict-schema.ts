import * as z from 'zod';
import { GATE_NAMES, type GateName } from './facts.ts';
import type { RuleId } from './finding.ts';
import { SEVERITIES } from './finding.ts';
import { parseInstant } from './instant.ts';
import { isSha256, type Sha256 } from './sha256.ts';
import { VERDICT_SCHEMA, type Verdict } from './verdict.ts';
import { MODES, OUTCOMES, RELEASE_CLASSES } from './words.ts';

/** A digest, for schemas of other packages too. */
export const sha256Schema = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 lower-case hex digits')
  .refine((text): text is Sha256 => isSha256(text))
  .meta({ title: 'sha256 digest' }) as unknown as z.ZodType<Sha256>;

/** An RFC 3339 time with an offset, kept as it was written. */
export const instantSchema = z
  .string()
  .max(40)
  .refine(isInstant, 'must be an RFC 3339 time with an offset, like 2026-11-27T06:00:00+01:00')
  .meta({ format: 'date-time' });

/** A full git commit id. */
export const commitSchema = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full commit id');

const text = z.string().max(8_192);

export const subjectSchema = z.looseObject({
  release: sha256Schema,
  commit: commitSchema,
  environment: z.string().min(1).max(255),
  artifacts: z.array(z.looseObject({ kind: z.enum(['image', 'config']), name: text, digest: sha256Schema })).min(1),
  units: z.looseObject({ digest: sha256Schema, count: z.int().min(1) }),
});

const findingSchema = z.looseObject({
  rule: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/) as unknown as z.ZodType<RuleId>,
  key: text,
  severity: z.enum(SEVERITIES),
  unit: text.optional(),
  message: text,
  place: text.optional(),
  remedy: text,
  accepted: z
    .looseObject({ by: z.enum(['waiver', 'vex', 'exception']), id: text, digest: sha256Schema, expires: instantSchema })
    .optional(),
});

/**
 * Verdict v1 as a document. Added members are tolerated (a newer minor version may write them); missing or
 * wrong ones are not. Facts are checked for being an object only: their readers know their shape.
 */
export const verdictSchema = z.looseObject({
  schema: z.literal(VERDICT_SCHEMA),
  gate: z.enum(GATE_NAMES),
  subject: subjectSchema,
  basis: z.looseObject({
    policy: sha256Schema,
    configuration: sha256Schema,
    inputs: sha256Schema,
    class: z.enum(RELEASE_CLASSES),
    mode: z.enum(MODES),
    clock: z.looseObject({ source: text, offsetMs: z.number() }),
  }),
  outcome: z.enum(OUTCOMES),
  findings: z.array(findingSchema),
  coverage: z.looseObject({ expected: z.int().min(0), missing: z.array(text) }),
  facts: z.looseObject({}).nullable(),
  evidence: z.array(z.looseObject({ name: text, digest: sha256Schema.optional(), note: text.optional() })),
  observedAt: instantSchema,
  validUntil: instantSchema,
  producer: z.looseObject({ name: text, version: text, run: text.optional(), attempt: z.int().optional() }),
});

/** Raised when a file is no verdict; the message names the cause. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** The largest document that is read, in bytes: a verdict is a judgement, not a report. */
export const DOCUMENT_LIMIT = 4 * 1024 * 1024;

/**
 * Reads a verdict document from a file's bytes.
 *
 * @throws DocumentError when it is too large, truncated, of another schema or incomplete
 */
export function parseVerdict(bytes: Uint8Array): Verdict {
  if (bytes.length > DOCUMENT_LIMIT) {
    throw new DocumentError(
      `The document has ${bytes.length} bytes, more than the ${DOCUMENT_LIMIT} that a verdict may have. Reports and logs belong beside it.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DocumentError(
      `The document is not complete JSON (${bytes.length} bytes): it was truncated or damaged. Run the gate again.`,
      { cause },
    );
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== VERDICT_SCHEMA) {
    throw new DocumentError(
      `The document is of schema ${JSON.stringify(schema)?.slice(0, 80)}; this version reads ${VERDICT_SCHEMA}. Use the same major release of all actions.`,
    );
  }
  const read = verdictSchema.safeParse(value);
  if (!read.success) {
    const first = read.error.issues[0];
    throw new DocumentError(
      `The document is no valid verdict: ${first?.path.join('.') || 'document'}: ${first?.message}. Run the gate again with the same release of the actions.`,
    );
  }
  return read.data as unknown as Verdict<GateName>;
}

function isInstant(value: string): boolean {
  try {
    parseInstant(value);
    return true;
  } catch {
    return false;
  }
}
