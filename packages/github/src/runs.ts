import { commitSchema, type Instant, instantSchema } from '@tillgate/release';
import { z } from 'zod';
import type { Api, Repository } from './api.ts';
import { type Account, accountOf, accountSchema } from './people.ts';

/** A workflow run, as far as it tells who started what. */
export interface Run {
  id: number;
  /** Who caused the first attempt. */
  actor: Account;
  /** Who caused this attempt: somebody else after a rerun. */
  triggeringActor: Account;
  /** From 1. */
  attempt: number;
  headSha: string;
  event: string;
  startedAt: Instant;
}

const runSchema = z.looseObject({
  id: z.int().positive(),
  actor: accountSchema,
  triggering_actor: accountSchema,
  run_attempt: z.int().min(1),
  head_sha: commitSchema,
  event: z.string().max(100),
  run_started_at: instantSchema,
});

/**
 * Reads a workflow run. Needs `actions: read`.
 *
 * @throws GitHubError
 */
export async function run(api: Api, repository: Repository, id: number): Promise<Run> {
  const { value } = await api.ask({
    about: `run ${id} of ${repository.owner}/${repository.repo}`,
    permission: 'actions: read',
    route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    parameters: { ...repository, run_id: id },
    schema: runSchema,
  });
  return {
    id: value.id,
    actor: accountOf(value.actor),
    triggeringActor: accountOf(value.triggering_actor),
    attempt: value.run_attempt,
    headSha: value.head_sha,
    event: value.event,
    startedAt: value.run_started_at,
  };
}

/** One answer of one reviewer of an environment. GitHub gives neither time, attempt nor commit with it. */
export interface Approval {
  state: 'approved' | 'rejected' | 'pending';
  user: Account;
  comment: string;
  environments: { id: number; name: string }[];
}

const approvalsSchema = z.array(
  z.looseObject({
    state: z.enum(['approved', 'rejected', 'pending']),
    user: accountSchema,
    comment: z.string(),
    environments: z.array(z.looseObject({ id: z.int(), name: z.string() })),
  }),
);

/**
 * Who answered the environments' protection rules of a run; empty where nobody was asked. Needs `actions: read`.
 *
 * @throws GitHubError
 */
export async function approvalsOf(api: Api, repository: Repository, runId: number): Promise<Approval[]> {
  const { value } = await api.ask({
    about: `the approvals of run ${runId} of ${repository.owner}/${repository.repo}`,
    permission: 'actions: read',
    route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals',
    parameters: { ...repository, run_id: runId },
    schema: approvalsSchema,
  });
  return value.map(({ state, user, comment, environments }) => ({
    state,
    user: accountOf(user),
    comment,
    environments: environments.map(({ id, name }) => ({ id, name })),
  }));
}
