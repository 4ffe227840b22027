import { commitSchema, type Instant, instantSchema } from '@tillgate/release';
import { z } from 'zod';
import { type Api, askForAll, type Repository } from './api.ts';
import { type Account, accountOf, accountSchema } from './people.ts';

/** A pull request that brought a commit. */
export interface Pull {
  number: number;
  /** Absent where the account was deleted. */
  author?: Account;
  state: string;
  /** Absent while it is not merged. */
  mergedAt?: Instant;
  headSha: string;
  baseRef: string;
  labels: string[];
}

const pullsSchema = z.array(
  z.looseObject({
    number: z.int().positive(),
    user: accountSchema.nullable(),
    state: z.string(),
    merged_at: instantSchema.nullable(),
    head: z.looseObject({ sha: commitSchema }),
    base: z.looseObject({ ref: z.string() }),
    labels: z.array(z.looseObject({ name: z.string() })),
  }),
);

/**
 * The pull requests that a commit belongs to. Needs `pull-requests: read` (and `contents: read`).
 *
 * @throws GitHubError
 */
export async function pullsOfCommit(api: Api, repository: Repository, sha: string): Promise<Pull[]> {
  const pulls = await askForAll(
    api,
    {
      about: `the pull requests of commit ${sha} of ${repository.owner}/${repository.repo}`,
      permission: 'pull-requests: read',
      route: 'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
      parameters: { ...repository, commit_sha: sha },
      schema: pullsSchema,
    },
    (page) => page,
  );
  return pulls.map((pull) => ({
    number: pull.number,
    ...(pull.user && { author: accountOf(pull.user) }),
    state: pull.state,
    ...(pull.merged_at !== null && { mergedAt: pull.merged_at }),
    headSha: pull.head.sha,
    baseRef: pull.base.ref,
    labels: pull.labels.map(({ name }) => name),
  }));
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING';

export interface Review {
  id: number;
  /** Absent where the account was deleted: such a review can be nobody's approval. */
  user?: Account;
  state: ReviewState;
  /** Absent while the review is pending. */
  submittedAt?: Instant;
  /** What was reviewed; absent where that commit is gone. */
  commit?: string;
}

/** Reviews in the order GitHub keeps them, oldest first. */
export interface Reviews {
  /** Of the very commit that was asked about. */
  ofCommit: Review[];
  /** Of another or an unknown state of the pull request: they say nothing about this one. */
  ofOthers: Review[];
}

const reviewsSchema = z.array(
  z.looseObject({
    id: z.int().positive(),
    user: accountSchema.nullable(),
    state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
    submitted_at: instantSchema.optional(),
    commit_id: commitSchema.nullable(),
  }),
);

/**
 * The reviews of a pull request, those of `commit` told apart from all others. Needs `pull-requests: read`.
 *
 * @throws GitHubError
 */
export async function reviewsOf(api: Api, repository: Repository, pull: number, commit: string): Promise<Reviews> {
  const found = await askForAll(
    api,
    {
      about: `the reviews of pull request ${pull} of ${repository.owner}/${repository.repo}`,
      permission: 'pull-requests: read',
      route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
      parameters: { ...repository, pull_number: pull },
      schema: reviewsSchema,
    },
    (page) => page,
  );
  const reviews = found.map(
    (review): Review => ({
      id: review.id,
      ...(review.user && { user: accountOf(review.user) }),
      state: review.state,
      ...(review.submitted_at !== undefined && { submittedAt: review.submitted_at }),
      ...(review.commit_id !== null && { commit: review.commit_id }),
    }),
  );
  return {
    ofCommit: reviews.filter((review) => review.commit === commit),
    ofOthers: reviews.filter((review) => review.commit !== commit),
  };
}
