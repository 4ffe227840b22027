import { z } from 'zod';
import type { Api, Repository } from './api.ts';

/** What GitHub shows of a deployment. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** GitHub takes no longer description. */
const DESCRIPTION_LIMIT = 140;

const created = z.looseObject({ id: z.int() });
const statuses = z.array(z.looseObject({ state: z.string() }));

/** Of so many deployments it is asked where they stand: the newest. A commit is rarely deployed to a place so often. */
const NEWEST = 10;

/**
 * The newest deployments of a commit to an environment, the newest first, with where each stands as GitHub calls it: null
 * where nobody has said. Needs `deployments: read`.
 *
 * @throws GitHubError
 */
export async function deploymentsOf(
  api: Api,
  repository: Repository,
  { commit, environment }: { commit: string; environment: string },
): Promise<{ id: number; state: string | null }[]> {
  const about = `deployments of ${commit} to ${environment}`;
  const permission = 'deployments: read';
  const { value: found } = await api.ask({
    ...{ about, permission, route: 'GET /repos/{owner}/{repo}/deployments' },
    parameters: { ...repository, sha: commit, environment, per_page: NEWEST },
    schema: z.array(created),
  });
  const told: { id: number; state: string | null }[] = [];
  for (const { id } of found) {
    const { value: latest } = await api.ask({
      ...{ about, permission, route: 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses' },
      parameters: { ...repository, deployment_id: id, per_page: 1 },
      schema: statuses,
    });
    told.push({ id, state: latest[0]?.state ?? null });
  }
  return told;
}

/**
 * Begins a deployment of a commit to an environment. Needs `deployments: write`.
 *
 * @returns its id
 * @throws GitHubError
 */
export async function beginDeployment(
  api: Api,
  repository: Repository,
  { commit, environment, description }: { commit: string; environment: string; description: string },
): Promise<number> {
  const { id } = await api.tell({
    about: `a deployment to ${environment}`,
    permission: 'deployments: write',
    route: 'POST /repos/{owner}/{repo}/deployments',
    parameters: {
      ...repository,
      ref: commit,
      environment,
      description: cut(description),
      auto_merge: false,
      // Whether the release may go was decided by the gates; commit statuses are not asked again.
      required_contexts: [],
    },
    schema: created,
  });
  return id;
}

/** Tells where a deployment stands. Needs `deployments: write`. @throws GitHubError */
export async function tellDeployment(
  api: Api,
  repository: Repository,
  deployment: number,
  { state, description, logUrl }: { state: DeploymentState; description: string; logUrl?: string },
): Promise<void> {
  await api.tell({
    about: `the status of deployment ${deployment}`,
    permission: 'deployments: write',
    route: 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
    parameters: {
      ...repository,
      deployment_id: deployment,
      state,
      description: cut(description),
      ...(logUrl !== undefined && { log_url: logUrl }),
    },
    schema: created,
  });
}

const cut = (text: string) => (text.length > DESCRIPTION_LIMIT ? `${text.slice(0, DESCRIPTION_LIMIT - 1)}…` : text);
