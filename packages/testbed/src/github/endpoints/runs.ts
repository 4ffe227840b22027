import type { DeploymentState, RunState } from '../records.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { Call, Endpoints } from './endpoint.ts';

/** Workflow runs, and the people who let them into an environment. */
export const runEndpoints: Endpoints = {
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': {
    permission: 'actions',
    answer: (call) => ({ status: 200, body: call.shapes.run(call.repository, runOf(call)) }),
  },

  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals': {
    permission: 'actions',
    answer(call) {
      const { shapes, repository } = call;
      const body = runOf(call).approvals.map(({ state, user, comment, environments }) => ({
        state,
        comment,
        user: shapes.user(user),
        environments: environments.map((environment) => {
          const { protection_rules, deployment_branch_policy, ...named } = shapes.environment(repository, environment);
          return named;
        }),
      }));
      return { status: 200, body };
    },
  },

  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': {
    permission: 'actions',
    answer(call) {
      const { shapes, repository, token } = call;
      const body = runOf(call).waitingFor.map((environment) => {
        const { id, node_id, name, url, html_url } = shapes.environment(repository, environment);
        return {
          environment: { id, node_id, name, url, html_url },
          wait_timer: environment.waitMinutes,
          wait_timer_started_at: null,
          current_user_can_approve: environment.reviewers.some((person) => person.id === token?.as.id),
          reviewers: environment.reviewers.map((person) => ({ type: 'User', reviewer: shapes.user(person) })),
        };
      });
      return { status: 200, body };
    },
  },

  'POST /repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments': {
    permission: 'deployments',
    answer(call) {
      const { repository, token, body, github } = call;
      const run = runOf(call);
      if (token?.kind !== 'person') throw new Refusal(403, 'Resource not accessible by integration');
      const names = run.waitingFor.filter(({ id }) => body.environment_ids.includes(id)).map(({ name }) => name);
      repository.answer(run, body.environment_ids, token.as, body.state, body.comment);
      if (body.state === 'rejected') return { status: 200, body: [] };
      const deployments = names.map((environment): DeploymentState => {
        const created = { id: github.nextId(), sha: run.headSha, ref: run.headBranch, task: 'deploy', environment };
        const rest = { description: null, payload: {}, production: false, transient: false, creator: run.actor };
        return { ...created, ...rest, createdAt: new Date(github.now()), statuses: [] };
      });
      for (const deployment of deployments) repository.deployments.set(deployment.id, deployment);
      return { status: 200, body: deployments.map((one) => call.shapes.deployment(repository, one)) };
    },
  },

  'GET /repos/{owner}/{repo}/environments/{environment_name}': {
    permission: 'actions',
    answer({ repository, shapes, params }) {
      const environment = repository.environments.get(params.environment_name as string);
      if (!environment) throw notFound();
      return { status: 200, body: shapes.environment(repository, environment) };
    },
  },
};

function runOf({ repository, params }: Call): RunState {
  const run = repository.runs.get(Number(params.run_id));
  if (!run) throw notFound();
  return run;
}
