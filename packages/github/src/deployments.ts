import { z } from 'zod';
import type { Api, Repository } from './api.ts';

/** What GitHub shows of a deployment. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive';

/** GitHub takes no longer description. */
const DESCRIPTION_LIMIT = 140;

const created = z.looseObject({ id: z.int() });

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
