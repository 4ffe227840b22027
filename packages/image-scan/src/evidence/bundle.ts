import { createPublicKey } from 'node:crypto';
import { type Sha256, sha256Schema } from '@tillgate/release';
import * as z from 'zod';

/** Raised when a signature does not say what was asked of it. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** An in-toto statement whose signature has been verified. */
export interface SignedStatement {
  predicateType: string;
  /** Digests of everything it speaks of. */
  subjects: ReadonlySet<Sha256>;
  predicate: unknown;
}

const statementSchema = z.looseObject({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z
    .array(z.looseObject({ digest: z.record(z.string(), z.string()) }))
    .min(1)
    .max(10_000),
  predicateType: z.string().min(1),
  predicate: z.unknown(),
});
const envelopeSchema = z.looseObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.unknown()),
});

const IN_TOTO = 'application/vnd.in-toto+json';
/** The largest bundle that is read, in bytes. */
export const BUNDLE_LIMIT = 16 * 1024 * 1024;

/**
 * Verifies a signed in-toto statement offline: a Sigstore bundle as cosign writes it, or a bare DSSE
 * envelope. Only the given keys count; certificates, transparency logs and time stamps are not asked.
 *
 * @param keys public keys in PEM; the first one that fits decides
 * @throws BundleError
 */
export async function verifiedStatement(bytes: Uint8Array, keys: readonly string[]): Promise<SignedStatement> {
  if (keys.length === 0) throw new BundleError('the policy names no key for it');
  // Loaded late: most scans need no signature.
  const [{ bundleFromJSON }, { toSignedEntity, toTrustMaterial, Verifier }] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ]);
  const json = bundleJson(bytes);
  let bundle: ReturnType<typeof bundleFromJSON>;
  try {
    bundle = bundleFromJSON(json);
  } catch (cause) {
    throw new BundleError(`it is no Sigstore bundle (${(cause as Error).message})`, { cause });
  }
  if (bundle.content.$case !== 'dsseEnvelope') throw new BundleError('it signs bare bytes; a statement is needed');
  const envelope = bundle.content.dsseEnvelope;
  if (envelope.payloadType !== IN_TOTO)
    throw new BundleError(`its payload is of type ${envelope.payloadType.slice(0, 80)}`);
  const failures = keys.map((pem) => {
    const publicKey = createPublicKey(pem);
    const trust = toTrustMaterial(
      { certificateAuthorities: [], timestampAuthorities: [], ctlogs: [], tlogs: [] } as never,
      () => ({
        publicKey,
        validFor: () => true,
      }),
    );
    const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
    try {
      verifier.verify(toSignedEntity(bundle));
      return undefined;
    } catch (cause) {
      return cause as Error;
    }
  });
  if (failures.every((failure) => failure !== undefined)) {
    throw new BundleError('it was not signed with any of the keys that the policy names', { cause: failures[0] });
  }
  return statementIn(envelope.payload);
}

function statementIn(payload: Uint8Array): SignedStatement {
  const read = statementSchema.safeParse(parsed(payload, 'its payload'));
  if (!read.success) throw new BundleError('its payload is no in-toto statement');
  const digests = read.data.subject.flatMap(({ digest }) => {
    const found = sha256Schema.safeParse(`sha256:${digest.sha256}`);
    return found.success ? [found.data] : [];
  });
  return { predicateType: read.data.predicateType, subjects: new Set(digests), predicate: read.data.predicate };
}

/** A bare DSSE envelope becomes a bundle around it: both are verified in the same way. */
function bundleJson(bytes: Uint8Array): unknown {
  const json = parsed(bytes, 'it');
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return json;
  const { payloadType, payload, signatures } = envelope.data;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
    dsseEnvelope: { payloadType, payload, signatures },
  };
}

function parsed(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BundleError(`${what} is no JSON`, { cause });
  }
}
