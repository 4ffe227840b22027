import { beginDeployment, type DeploymentState, openApi, tellDeployment } from '@tillgate/github';
import type { Log } from '@tillgate/host';

/** Tells GitHub where an act stands. It costs nothing when GitHub is down: no act rests on it. */
export interface Statuses {
  say(line: string): Promise<void>;
  end(state: DeploymentState, description: string): Promise<void>;
}

export interface StatusesOf {
  /** Empty: GitHub is not told. */
  token: string;
  /** What runs once the act is over; null: nobody knows, and GitHub is not told. */
  commit: string | null;
  environment: string;
  description: string;
  log: Log;
}

/** One call that hangs must not hold an act up, in ms. */
const PATIENCE = 5_000;

/** A deployment of that commit, as GitHub shows it on the page of the environment. */
export function githubStatuses({ token, commit, environment, description: about, log }: StatusesOf): Statuses {
  const [owner = '', repo = ''] = (process.env.GITHUB_REPOSITORY ?? '').split('/');
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: run, GITHUB_API_URL: apiUrl } = process.env;
  let silent = token === '' || repo === '';
  let id: number | undefined;
  const tell = async (state: DeploymentState, description: string) => {
    if (silent || commit === null) return;
    try {
      const api = openApi({ token, ...(apiUrl && { apiUrl }), timeoutMs: PATIENCE, attempts: 1 });
      const repository = { owner, repo };
      id ??= await beginDeployment(api, repository, { commit, environment, description: about });
      const logUrl = server && run ? `${server}/${owner}/${repo}/actions/runs/${run}` : undefined;
      await tellDeployment(api, repository, id, { state, description, ...(logUrl !== undefined && { logUrl }) });
    } catch (cause) {
      silent = true;
      log.info(`GitHub is not told where this deployment stands, from here on: ${(cause as Error).message}`);
    }
  };
  return { say: (line) => tell('in_progress', line), end: tell };
}
