import type { PullState } from '../records.ts';
import { notFound, unprocessable } from '../refusal.ts';
import { type Call, type Endpoints, listed } from './endpoint.ts';

const REVIEWED = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

/** Pull requests and their reviews. */
export const pullEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': {
    permission: 'pull-requests',
    answer(call) {
      const { repository, shapes, params } = call;
      const sha = params.commit_sha as string;
      if (!repository.git.commits.has(sha)) throw notFound();
      const pulls = [...repository.pulls.values()].filter(
        ({ merged, baseSha, headSha }) =>
          merged?.commit === sha || repository.git.between(baseSha, headSha).some((commit) => commit.sha === sha),
      );
      return listed(call, pulls, (pull) => shapes.pull(repository, pull, 'pull-request-simple'));
    },
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}': {
    permission: 'pull-requests',
    answer: (call) => ({ status: 200, body: call.shapes.pull(call.repository, pullOf(call), 'pull-request') }),
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    permission: 'pull-requests',
    answer(call) {
      const pull = pullOf(call);
      return listed(call, pull.reviews, (review) => call.shapes.review(call.repository, pull, review));
    },
  },

  'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    permission: 'pull-requests',
    answer(call) {
      const { repository, token, body, shapes } = call;
      const pull = pullOf(call);
      const by = token?.as ?? null;
      const state = REVIEWED[body.event as keyof typeof REVIEWED] ?? 'COMMENTED';
      if (state === 'APPROVED' && by?.kind === 'Bot') {
        throw unprocessable('GitHub Actions is not permitted to approve pull requests.');
      }
      if (state === 'APPROVED' && by?.id === pull.author?.id) {
        throw unprocessable('Can not approve your own pull request');
      }
      const commit = body.commit_id ?? pull.headSha;
      if (!repository.git.commits.has(commit)) throw unprocessable('The commit is not part of the pull request');
      const review = repository.addReview(pull, { user: by, state, commit, body: body.body ?? '' });
      return { status: 200, body: shapes.review(repository, pull, review) };
    },
  },
};

function pullOf({ repository, params }: Call): PullState {
  const pull = repository.pulls.get(Number(params.pull_number));
  if (!pull) throw notFound();
  return pull;
}
