import { instantSchema, type Sha256, sha256Schema } from '@tillgate/release';
import * as z from 'zod';

export const ODOO_FACTS_SCHEMA = 'https://tillgate.dev/odoo-facts/v1';

/** The largest file of facts that is read, in bytes: a thousand databases of a large Odoo. */
export const FACTS_LIMIT = 64 * 1024 * 1024;

const short = z.string().min(1).max(255);

const moduleSchema = z.looseObject({
  state: short,
  database: z.string().max(64).nullable(),
  image: z.string().max(64).nullable(),
  data: sha256Schema.nullable(),
});

const count = z.int().min(0);
const connectionsSchema = z.looseObject({
  workers: count,
  cronThreads: count,
  perProcess: count.min(1),
  /** `max_connections` of the server, and what it keeps back of them. */
  most: count,
  reserved: count,
  /** Connections of other roles, when it was looked. */
  others: count,
  /** Of the role or the database; null: neither has one. */
  limit: count.nullable(),
});

const databaseSchema = z.looseObject({
  schema: z.literal(ODOO_FACTS_SCHEMA),
  image: sha256Schema,
  database: short,
  uuid: short,
  observedAt: instantSchema,
  odoo: short,
  modules: z.record(short, moduleSchema),
  assets: z.record(short, z.string().max(255)),
  missingColumns: z.array(z.string().max(255)),
  /** Absent: an older script made the facts. */
  connections: connectionsSchema.exactOptional(),
});

/** What one version of Odoo found in one database, as deploy/odoo-facts/odoo_facts.py tells it. */
export type OdooFacts = z.infer<typeof databaseSchema> & { image: Sha256 };

/** Raised where a file is none of facts; the message says what to do. */
export class OdooFactsError extends Error {
  override readonly name = 'OdooFactsError';
}

/**
 * Reads a file of facts: one line of JSON a database. A line that is none, or a database told twice, makes the
 * whole file unusable.
 *
 * @param name how the file is called in messages
 * @throws OdooFactsError
 */
export function readOdooFacts(bytes: Uint8Array, name: string): OdooFacts[] {
  const refuse = (why: string, cause?: unknown): never => {
    throw new OdooFactsError(
      `${name}: ${why} Make it again with deploy/odoo-facts/odoo_facts.py in this version's image.`,
      { cause },
    );
  };
  const lines = new TextDecoder('utf-8')
    .decode(bytes)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length === 0) refuse('it is empty.');
  const told = lines.map((line, index): OdooFacts => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      return refuse(`line ${index + 1} is no complete JSON.`, cause);
    }
    const read = databaseSchema.safeParse(value);
    if (read.success) return read.data as OdooFacts;
    const [first] = read.error.issues;
    return refuse(`line ${index + 1}: ${first?.path.join('.') || 'the line'}: ${first?.message}.`);
  });
  const names = told.map(({ database }) => database);
  const twice = names.find((one, index) => names.indexOf(one) < index);
  if (twice !== undefined) refuse(`the database "${twice}" is told twice.`);
  return told;
}
