import type { Sha256 } from '@tillgate/release';
import * as z from 'zod';
import type { Proof } from '../seen.ts';
import { BundleError, type SignedStatement, verifiedStatement } from './bundle.ts';

/** Predicate type of the statement that `cosign sign` makes. */
export const COSIGN_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
export const SLSA_V1 = 'https://slsa.dev/provenance/v1';
export const SLSA_V02 = 'https://slsa.dev/provenance/v0.2';

const source = z.looseObject({ uri: z.string().default(''), digest: z.record(z.string(), z.string()).default({}) });
const v1 = z.looseObject({
  buildDefinition: z.looseObject({ resolvedDependencies: z.array(source).default([]) }),
});
const v02 = z.looseObject({
  invocation: z.looseObject({ configSource: source.optional() }).optional(),
  materials: z.array(source).default([]),
});

/** A bundle as it was read, with its name for messages. */
export interface BundleFile {
  name: string;
  bytes: Uint8Array;
}

/** Looks among bundles for a signature of this image by one of the keys. */
export async function provenSignature(
  bundles: readonly BundleFile[],
  image: Sha256,
  keys: readonly string[],
): Promise<Proof> {
  return firstProof(bundles, keys, (statement) => {
    if (statement.predicateType !== COSIGN_SIGNATURE) return 'it is no signature of an image';
    return statement.subjects.has(image) ? undefined : 'it is about another image';
  });
}

/**
 * Looks among bundles for provenance (SLSA 1.0 or 0.2) that names this image, one of the repositories and
 * the commit.
 */
export async function provenSource(
  bundles: readonly BundleFile[],
  image: Sha256,
  commit: string,
  { keys, repositories }: { keys: readonly string[]; repositories: readonly string[] },
): Promise<Proof> {
  return firstProof(bundles, keys, (statement) => {
    const sources = sourcesIn(statement);
    if (!sources) return 'it is no provenance';
    if (!statement.subjects.has(image)) return 'it is about another image';
    const named = sources.filter(({ repository }) => repositories.includes(repository));
    if (named.length === 0) return 'it names no repository of the policy';
    if (!named.every((one) => one.commit === commit))
      return `it names commit ${named.map((one) => one.commit.slice(0, 12)).join(', ')}`;
    return undefined;
  });
}

async function firstProof(
  bundles: readonly BundleFile[],
  keys: readonly string[],
  refusal: (statement: SignedStatement) => string | undefined,
): Promise<Proof> {
  if (keys.length === 0) return { proven: false, why: 'the policy names no key for it' };
  const reasons: string[] = [];
  for (const { name, bytes } of bundles) {
    try {
      const refused = refusal(await verifiedStatement(bytes, keys));
      if (refused === undefined) return { proven: true, by: name };
      reasons.push(`${name}: ${refused}`);
    } catch (cause) {
      if (!(cause instanceof BundleError)) throw cause;
      reasons.push(`${name}: ${cause.message}`);
    }
  }
  return { proven: false, why: reasons.join('; ') || 'no bundle was given' };
}

function sourcesIn({
  predicateType,
  predicate,
}: SignedStatement): { repository: string; commit: string }[] | undefined {
  if (predicateType === SLSA_V1) {
    const read = v1.safeParse(predicate);
    return read.success ? read.data.buildDefinition.resolvedDependencies.map(sourceOf) : undefined;
  }
  if (predicateType === SLSA_V02) {
    const read = v02.safeParse(predicate);
    if (!read.success) return undefined;
    const { invocation, materials } = read.data;
    return [...(invocation?.configSource ? [invocation.configSource] : []), ...materials].map(sourceOf);
  }
  return undefined;
}

/** `git+https://host/owner/repo@refs/heads/main` with its commit; the reference is not asked, the commit is. */
function sourceOf({ uri, digest }: z.output<typeof source>): { repository: string; commit: string } {
  const repository = uri
    .replace(/^git\+/, '')
    .replace(/(?<=^https:\/\/[^@]*)@.*$/, '')
    .replace(/\.git$/, '');
  return { repository, commit: digest.gitCommit ?? digest.sha1 ?? '' };
}
