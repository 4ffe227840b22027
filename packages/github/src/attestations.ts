import type { Sha256 } from '@tillgate/release';
import { z } from 'zod';
import type { Api, Repository } from './api.ts';
import { GitHubError } from './errors.ts';

/** A Sigstore bundle as GitHub keeps it. It proves nothing until its signature is verified. */
export type UnverifiedBundle = Readonly<Record<string, unknown>>;

const attestationsSchema = z.looseObject({
  attestations: z.array(z.looseObject({ bundle: z.looseObject({}).nullish(), bundle_url: z.string().optional() })),
});

/**
 * The attestations that GitHub holds for an artifact; empty where there are none. Needs `attestations: read`.
 *
 * @param predicateType only those of this type
 * @throws GitHubError `too-large` beyond 100: nobody makes so many for one artifact in good faith
 */
export async function attestationsOf(
  api: Api,
  repository: Repository,
  digest: Sha256,
  predicateType: string,
): Promise<UnverifiedBundle[]> {
  const about = `the attestations of ${digest} in ${repository.owner}/${repository.repo}`;
  const asked = api.ask({
    about,
    permission: 'attestations: read',
    route: 'GET /repos/{owner}/{repo}/attestations/{subject_digest}',
    parameters: { ...repository, subject_digest: digest, predicate_type: predicateType, per_page: 100 },
    schema: attestationsSchema,
  });
  const { value, headers } = await asked;
  if (/;\s*rel="next"/.test(String(headers.link ?? ''))) {
    throw new GitHubError('too-large', `GitHub has more than 100 of ${about}.`);
  }
  return value.attestations.map(({ bundle }) => {
    if (bundle) return bundle;
    throw new GitHubError('unexpected-answer', `GitHub sent one of ${about} without its bundle.`);
  });
}
