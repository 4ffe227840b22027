import type { Sha256 } from '@tillgate/release';
import { PREDICATE_TYPES } from './record-kind.ts';
import type { ReleaseRecord } from './record-schema.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** Before the name of every member of our own: in a predicate, an extension is named by a URI. */
export const RECORD_NAMESPACE = 'https://tillgate.dev/record/v1/';

const VERIFIER = 'https://tillgate.dev/release-decision/v1';

/** A thing known by digest (in-toto ResourceDescriptor). */
interface Resource {
  name?: string;
  uri?: string;
  digest: Record<string, string>;
}

/** An in-toto Statement v1. */
export interface Statement {
  _type: typeof STATEMENT_TYPE;
  subject: Resource[];
  predicateType: string;
  predicate: Record<string, unknown>;
}

/**
 * The statement that says what the record says: a SLSA verification summary for every tool that reads
 * those, and beside it each member of the record under its own URI. The summary is made from the record
 * alone, so the two cannot disagree; verification makes it again and compares.
 */
export function statementOf(record: ReleaseRecord): Statement {
  const { release, commits, policy, decision, run } = record;
  return {
    _type: STATEMENT_TYPE,
    subject: [
      ...release.artifacts.map(({ name, digest }) => ({ name, digest: sha256(digest) })),
      { name: run.repository, digest: { gitCommit: commits.to } },
    ],
    predicateType: PREDICATE_TYPES.release,
    predicate: {
      verifier: { id: VERIFIER },
      timeVerified: record.issued,
      resourceUri: `https://tillgate.dev/release/${release.release}`,
      policy: { uri: policy.uri, digest: sha256(policy.digest) },
      inputAttestations: decision.gates.map(({ gate, document }) => ({
        uri: `https://tillgate.dev/verdict/v1/${gate}`,
        digest: sha256(document),
      })),
      verificationResult: 'PASSED',
      verifiedLevels: [`TILLGATE_${record.class.toUpperCase().replaceAll('-', '_')}`],
      ...namedByUri(record),
    },
  };
}

/** Members under their URIs, as every kind of record carries them in its predicate. */
export function namedByUri(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [RECORD_NAMESPACE + name, value]));
}

/** The members of our own that a predicate carries, under their plain names. */
export function ownMembers(predicate: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(predicate)
      .filter(([name]) => name.startsWith(RECORD_NAMESPACE))
      .map(([name, value]) => [name.slice(RECORD_NAMESPACE.length), value]),
  );
}

/** The kind that a statement says it is of, whatever that may be. */
export function kindNamedIn(predicate: Readonly<Record<string, unknown>>): unknown {
  return predicate[`${RECORD_NAMESPACE}kind`];
}

function sha256(digest: Sha256): { sha256: string } {
  return { sha256: digest.slice('sha256:'.length) };
}
