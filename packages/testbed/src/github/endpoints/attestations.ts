import { invalid, notFound } from '../refusal.ts';
import { type Endpoints, listed } from './endpoint.ts';

interface Statement {
  predicateType: string;
  subject: { digest: Record<string, string> }[];
}

/** Attestations, kept by the digest of what they attest. */
export const attestationEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}/attestations/{subject_digest}': {
    permission: 'attestations',
    answer(call) {
      const { repository, params, query } = call;
      const type = query.get('predicate_type');
      const found = repository.attestations.filter(
        ({ digest, predicateType }) => digest === params.subject_digest && (type === null || type === predicateType),
      );
      if (found.length === 0) throw notFound();
      const page = listed(call, found, ({ bundle }) => ({ bundle, repository_id: repository.id }));
      return { ...page, body: { attestations: page.body } };
    },
  },

  'POST /repos/{owner}/{repo}/attestations': {
    permission: 'attestations',
    answer({ repository, body }) {
      const statement = statementIn(body.bundle);
      const hex = statement?.subject[0]?.digest.sha256;
      if (!statement || hex === undefined) throw invalid({ resource: 'Attestation', code: 'invalid', field: 'bundle' });
      const { predicateType } = statement;
      const { id } = repository.addAttestation({ digest: `sha256:${hex}`, predicateType, bundle: body.bundle });
      return { status: 201, body: { id } };
    },
  },
};

function statementIn(bundle: { dsseEnvelope?: { payload?: unknown } }): Statement | undefined {
  try {
    const statement = JSON.parse(Buffer.from(String(bundle.dsseEnvelope?.payload), 'base64').toString()) as Statement;
    return Array.isArray(statement.subject) ? statement : undefined;
  } catch {
    return undefined; // It is refused: no statement, no attestation.
  }
}
