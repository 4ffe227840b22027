import {
  type ApprovalCount,
  approvalObjections,
  countApprovals,
  type Decision,
  type GivenApproval,
  type Objection,
} from '@tillgate/decision';
import {
  type Account,
  approvalsOf,
  commit,
  openApi,
  pullsOfCommit,
  type Repository,
  reviewsOf,
  run,
  serverTime,
} from '@tillgate/github';
import type { DecisionFrame } from './assess.ts';

/** Approvals, and what else the record says of the run they were given for. */
export interface Approvals {
  count: ApprovalCount;
  objections: Objection[];
  run: { repository: string; id: string; attempt: number };
  clock: { source: string; offsetMs: number };
}

/** Reads who approved: in the approval environment of this run, and by reviews of exactly this commit. */
export async function approvalsFor(decision: Decision, frame: DecisionFrame): Promise<Approvals> {
  const { inputs, signal } = frame;
  const slug = process.env.GITHUB_REPOSITORY ?? '';
  const [owner = '', repo = ''] = slug.split('/');
  const repository: Repository = { owner, repo };
  const api = openApi({
    token: inputs['github-token'],
    signal,
    ...(process.env.GITHUB_API_URL && { apiUrl: process.env.GITHUB_API_URL }),
  });
  const id = Number(process.env.GITHUB_RUN_ID);
  const sha = decision.subject.commit;
  const wanted = inputs['approval-environment'] ?? `${decision.subject.environment}-approval`;
  const [about, given, pulls, made, time] = await Promise.all([
    run(api, repository, id),
    approvalsOf(api, repository, id),
    pullsOfCommit(api, repository, sha),
    commit(api, repository, sha),
    serverTime(api),
  ]);
  const byEnvironment = given
    .filter(({ state, environments }) => state === 'approved' && environments.some(({ name }) => name === wanted))
    .map(
      ({ user }): GivenApproval => ({ ...person(user), kind: 'environment', where: wanted, at: null, commit: null }),
    );
  const byReview = await Promise.all(pulls.map((pull) => reviewApprovals(pull.number)));
  const count = countApprovals(
    [...byEnvironment, ...byReview.flat()],
    decision.policy.settings.approvals,
    {
      actor: about.actor.id,
      triggeringActor: about.triggeringActor.id,
      pullAuthors: pulls.flatMap(({ author }) => (author ? [author.id] : [])),
      commitAuthors: [made.author, made.committer].flatMap((one) => (one ? [one.id] : [])),
    },
    sha,
  );
  return {
    count,
    objections: approvalObjections(count),
    run: { repository: slug, id: String(id), attempt: about.attempt },
    clock: { source: 'system, compared with GitHub', offsetMs: -time.offsetMs },
  };

  async function reviewApprovals(pull: number): Promise<GivenApproval[]> {
    const { ofCommit, ofOthers } = await reviewsOf(api, repository, pull, sha);
    return latestByPerson([...ofCommit, ...ofOthers])
      .filter(({ state }) => state === 'APPROVED')
      .flatMap(({ user, submittedAt, commit: reviewed }) =>
        user
          ? [
              {
                ...person(user),
                kind: 'review' as const,
                where: String(pull),
                at: submittedAt ? new Date(submittedAt).toISOString() : null,
                commit: reviewed ?? null,
              },
            ]
          : [],
      );
  }
}

/** The last word of each reviewer: an approval that was followed by a request for changes is none. Comments change nothing. */
function latestByPerson<R extends { id: number; user?: Account; state: string }>(reviews: readonly R[]): R[] {
  const latest = new Map<number, R>();
  for (const review of [...reviews].sort((a, b) => a.id - b.id)) {
    if (review.user && review.state !== 'COMMENTED' && review.state !== 'PENDING') latest.set(review.user.id, review);
  }
  return [...latest.values()];
}

function person({ id, login }: Account): { id: number; login: string } {
  return { id, login };
}
