import { z } from 'zod';
import type { Api, Repository } from './api.ts';

export interface Reviewer {
  kind: 'user' | 'team';
  id: number;
  /** Login of a person, slug of a team. */
  name: string;
}

/** How a deployment environment is protected. */
export interface Environment {
  id: number;
  name: string;
  /** Who may approve; one of them suffices. Empty: nobody is asked. */
  reviewers: Reviewer[];
  /** Whether who started the run is kept from approving it. It does not cover authors of the change. */
  preventSelfReview: boolean;
  waitMinutes: number;
  /** Which branches may deploy: all, the protected ones, or those of a list of patterns. */
  branches: 'all' | 'protected' | 'listed';
  /** Kinds of rules found, so that a kind this release does not know is seen. */
  rules: string[];
}

const reviewerSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('User'), reviewer: z.looseObject({ id: z.int(), login: z.string() }) }),
  z.looseObject({ type: z.literal('Team'), reviewer: z.looseObject({ id: z.int(), slug: z.string() }) }),
]);

const environmentSchema = z.looseObject({
  id: z.int(),
  name: z.string(),
  protection_rules: z
    .array(
      z.looseObject({
        type: z.string(),
        wait_timer: z.int().min(0).optional(),
        prevent_self_review: z.boolean().optional(),
        reviewers: z.array(reviewerSchema).optional(),
      }),
    )
    .optional(),
  deployment_branch_policy: z.looseObject({ protected_branches: z.boolean() }).nullish(),
});

/**
 * Reads how an environment is protected. Needs `actions: read`.
 *
 * @throws GitHubError `not-found` also for an environment that no deployment has created yet
 */
export async function environment(api: Api, repository: Repository, name: string): Promise<Environment> {
  const { value } = await api.ask({
    about: `the environment ${name} of ${repository.owner}/${repository.repo}`,
    permission: 'actions: read',
    route: 'GET /repos/{owner}/{repo}/environments/{environment_name}',
    parameters: { ...repository, environment_name: name },
    schema: environmentSchema,
  });
  const rules = value.protection_rules ?? [];
  const policy = value.deployment_branch_policy;
  return {
    id: value.id,
    name: value.name,
    reviewers: rules.flatMap((rule) => rule.reviewers ?? []).map(reviewerOf),
    preventSelfReview: rules.some((rule) => rule.prevent_self_review === true),
    waitMinutes: Math.max(0, ...rules.map((rule) => rule.wait_timer ?? 0)),
    branches: !policy ? 'all' : policy.protected_branches ? 'protected' : 'listed',
    rules: rules.map((rule) => rule.type),
  };
}

function reviewerOf(found: z.infer<typeof reviewerSchema>): Reviewer {
  return found.type === 'User'
    ? { kind: 'user', id: found.reviewer.id, name: found.reviewer.login }
    : { kind: 'team', id: found.reviewer.id, name: found.reviewer.slug };
}
