import { instantSchema, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { RECORD_KINDS } from './record-kind.ts';

export const KEY_SET_SCHEMA = 'https://tillgate.dev/key-set/v1';

const name = z.string().min(1).max(255);
const reason = z.string().min(1).max(2_048);

const keySchema = z.strictObject({
  id: sha256Schema.describe(
    'SHA-256 of the public key (SPKI, DER): openssl pkey -pubin -in key.pem -outform DER | sha256sum',
  ),
  description: z.string().max(255).optional().describe('For people: where the private half lies, who answers for it'),
  publicKey: z.string().max(8_192).describe('The public key as PEM, "PUBLIC KEY", Ed25519 or ECDSA P-256'),
  environments: z.array(name).min(1).describe('The environments for which this key may sign'),
  kinds: z.array(z.enum(RECORD_KINDS)).min(1).describe('The kinds of records that this key may sign'),
  notBefore: instantSchema.optional().describe('Not valid before this moment'),
  notAfter: instantSchema.optional().describe('Not valid from this moment on'),
  revoked: z
    .strictObject({ at: instantSchema, reason })
    .optional()
    .describe(
      'Set once the key must not be believed any more: no record signed with it verifies, whenever it was issued',
    ),
  test: z.boolean().optional().describe('A key for tests and rehearsals: verifies only in environments marked test'),
});

/** The file of keys that records are verified with. Unknown members are errors: a misspelt `revoked` revokes nothing. */
export const keySetSchema = z
  .strictObject({
    schema: z.literal(KEY_SET_SCHEMA),
    environments: z
      .array(
        z.strictObject({
          name,
          test: z.boolean().optional().describe('Nothing of value runs here: test keys are believed'),
        }),
      )
      .min(1)
      .describe('Every environment that a key names'),
    keys: z.array(keySchema).min(1),
  })
  .meta({ title: 'Tillgate key set' });

export type KeySetFile = z.infer<typeof keySetSchema>;
export type KeyEntry = KeySetFile['keys'][number];
