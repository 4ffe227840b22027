import {
  type ApprovalCount,
  approvalObjections,
  countApprovals,
  type Decision,
  factsOf,
  type GivenApproval,
  type Objection,
} from '@tillgate/decision';
import {
  type Account,
  type Api,
  approvalsOf,
  type Commit,
  commit,
  commitsBetween,
  GitHubError,
  openApi,
  pullsOfCommit,
  type Repository,
  reviewsOf,
  run,
  serverTime,
} from '@tillgate/github';
import { instantOf, millisOf } from '@tillgate/release';
import type { DecisionFrame } from './assess.ts';

/** Approvals, and what else the record says of the run they were given for. */
export interface Approvals {
  count: ApprovalCount;
  objections: Objection[];
  run: { repository: string; id: string; attempt: number };
  clock: { source: string; offsetMs: number };
}

/** Reads who approved: in the approval environment of this run, and by reviews of exactly the released files. */
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
  const [about, given, pulls, released, made, time] = await Promise.all([
    run(api, repository, id),
    approvalsOf(api, repository, id),
    pullsOfCommit(api, repository, sha),
    commit(api, repository, sha),
    commitsSince(factsOf(decision, 'observe-production')?.head?.commit, sha, api, repository),
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
      commitAuthors: [released, ...made].flatMap(({ author, committer }) =>
        [author, committer].flatMap((one) => (one ? [one.id] : [])),
      ),
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
    const approving = latestByPerson([...ofCommit, ...ofOthers]).filter(({ state }) => state === 'APPROVED');
    return Promise.all(
      approving.map(
        async ({ user, submittedAt, commit: reviewed }): Promise<GivenApproval> => ({
          ...person(user),
          kind: 'review',
          where: String(pull),
          at: submittedAt ? instantOf(millisOf(submittedAt)) : null,
          commit: reviewed ?? null,
          sameTree: reviewed !== undefined && reviewed !== sha && (await treeOf(reviewed)) === released.tree,
        }),
      ),
    );
  }

  /** The files of a commit by one name; of a commit that was pushed away and is gone, none. */
  async function treeOf(reviewed: string): Promise<string | undefined> {
    try {
      return (await commit(api, repository, reviewed)).tree;
    } catch (cause) {
      if (cause instanceof GitHubError && cause.reason === 'not-found') return undefined;
      throw cause;
    }
  }
}

/** What the release brings: every commit since the last record, so that no author of one of them approves it. */
async function commitsSince(
  last: string | undefined,
  sha: string,
  api: Api,
  repository: Repository,
): Promise<Commit[]> {
  return last === undefined ? [] : (await commitsBetween(api, repository, last, sha)).commits;
}

/** The last word of each reviewer: an approval that was followed by a request for changes is none. Comments change nothing. */
function latestByPerson<R extends { id: number; user?: Account; state: string }>(
  reviews: readonly R[],
): (R & { user: Account })[] {
  const latest = new Map<number, R & { user: Account }>();
  for (const review of [...reviews].sort((a, b) => a.id - b.id)) {
    const { user, state } = review;
    if (user && state !== 'COMMENTED' && state !== 'PENDING') latest.set(user.id, { ...review, user });
  }
  return [...latest.values()];
}

function person({ id, login }: Account): { id: number; login: string } {
  return { id, login };
}
