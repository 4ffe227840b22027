import type { DeploymentState, DeploymentStatus } from '../records.ts';
import { invalid, notFound, Refusal } from '../refusal.ts';
import { type Call, type Endpoints, listed } from './endpoint.ts';

/** The longest description of a deployment status that GitHub takes. */
const DESCRIPTION_LIMIT = 140;

/** Deployments and what became of them. */
export const deploymentEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}/deployments': {
    permission: 'deployments',
    answer(call) {
      const { repository, query, shapes } = call;
      const isAsked = (value: string | null) => value !== null && value !== '' && value !== 'none';
      const asked = (['sha', 'ref', 'task', 'environment'] as const).filter((name) => isAsked(query.get(name)));
      const found = [...repository.deployments.values()]
        .filter((deployment) => asked.every((name) => deployment[name] === query.get(name)))
        .reverse();
      return listed(call, found, (deployment) => shapes.deployment(repository, deployment));
    },
  },

  'POST /repos/{owner}/{repo}/deployments': { permission: 'deployments', answer: deploy },

  'GET /repos/{owner}/{repo}/deployments/{deployment_id}': {
    permission: 'deployments',
    answer: (call) => ({ status: 200, body: call.shapes.deployment(call.repository, deploymentOf(call)) }),
  },

  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': {
    permission: 'deployments',
    answer(call) {
      const deployment = deploymentOf(call);
      const latestFirst = [...deployment.statuses].reverse();
      return listed(call, latestFirst, (status) => call.shapes.deploymentStatus(call.repository, deployment, status));
    },
  },

  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses': { permission: 'deployments', answer: report },
};

function deploy({ repository, body, token, github, shapes }: Call) {
  const commit = repository.resolve(body.ref);
  if (!commit) throw new Refusal(422, `No ref found for: ${body.ref}`);
  const environment = body.environment ?? 'production';
  if (!repository.environments.has(environment)) repository.addEnvironment(environment);
  const deployment: DeploymentState = {
    id: github.nextId(),
    sha: commit.sha,
    ref: body.ref,
    task: body.task ?? 'deploy',
    environment,
    description: body.description ?? '',
    payload: body.payload ?? '',
    production: body.production_environment ?? environment === 'production',
    transient: body.transient_environment ?? false,
    creator: (token as NonNullable<typeof token>).as,
    createdAt: new Date(github.now()),
    statuses: [],
  };
  repository.deployments.set(deployment.id, deployment);
  return { status: 201, body: shapes.deployment(repository, deployment) };
}

function report(call: Call) {
  const { repository, body, token, github, shapes } = call;
  const deployment = deploymentOf(call);
  const description = body.description ?? '';
  if (description.length > DESCRIPTION_LIMIT) {
    const message = `description is too long (maximum is ${DESCRIPTION_LIMIT} characters)`;
    throw invalid({ resource: 'DeploymentStatus', code: 'custom', field: 'description', message });
  }
  const add = (to: DeploymentState, state: string, more: Partial<DeploymentStatus> = {}): DeploymentStatus => {
    const status: DeploymentStatus = {
      id: github.nextId(),
      state,
      description: '',
      environment: to.environment,
      logUrl: '',
      environmentUrl: '',
      creator: (token as NonNullable<typeof token>).as,
      createdAt: new Date(github.now()),
      ...more,
    };
    to.statuses.push(status);
    return status;
  };
  const status = add(deployment, body.state, {
    description,
    environment: body.environment ?? deployment.environment,
    logUrl: body.log_url ?? body.target_url ?? '',
    environmentUrl: body.environment_url ?? '',
  });
  if (body.state === 'success' && body.auto_inactive !== false) {
    for (const other of repository.deployments.values()) {
      const isEarlier = other !== deployment && other.environment === deployment.environment && !other.transient;
      if (isEarlier && !other.production && other.statuses.at(-1)?.state === 'success') add(other, 'inactive');
    }
  }
  return { status: 201, body: shapes.deploymentStatus(repository, deployment, status) };
}

function deploymentOf({ repository, params }: Call): DeploymentState {
  const deployment = repository.deployments.get(Number(params.deployment_id));
  if (!deployment) throw notFound();
  return deployment;
}
