import {
  type Api,
  beginDeployment,
  type DeploymentState,
  deploymentsOf,
  openApi,
  type Repository,
  tellDeployment,
} from '@tillgate/github';
import type { Log } from '@tillgate/host';

/** Tells GitHub where an act stands. It costs nothing when GitHub is down: no act rests on it. */
export interface Statuses {
  say(line: string): Promise<void>;
  end(state: DeploymentState, description: string): Promise<void>;
}

export interface StatusesOf {
  /** Empty: GitHub is not told. */
  token: string;
  /** What runs once the act is over; null: nobody knows, and GitHub is told of no deployment of it. */
  commit: string | null;
  /** What no longer runs then, where the act takes something back. */
  leaves?: string;
  environment: string;
  description: string;
  log: Log;
  /** Says that this run was told to stop, and has little time left. */
  hurry?: AbortSignal;
}

/** One call that hangs must not hold an act up, in ms: a run that was told to stop least of all. */
const [PATIENCE, HURRIED] = [5_000, 1_000];

/** States of a deployment that are its end already: they say more than that it is not there any more. */
const ENDED: readonly (string | null)[] = ['failure', 'error', 'inactive'];

/**
 * A deployment of that commit, as GitHub shows it on the page of the environment. What is taken back is told to be inactive:
 * GitHub does that by itself where something else succeeds, but not in environments of production, nor where nobody knows
 * what runs again.
 */
export function githubStatuses({ token, commit, leaves, environment, ...rest }: StatusesOf): Statuses {
  const { description: about, log, hurry } = rest;
  const [owner = '', repo = ''] = (process.env.GITHUB_REPOSITORY ?? '').split('/');
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: run, GITHUB_API_URL: apiUrl } = process.env;
  const logUrl = server && run ? `${server}/${owner}/${repo}/actions/runs/${run}` : undefined;
  const repository: Repository = { owner, repo };
  let silent = token === '' || repo === '';
  let id: number | undefined;
  const telling = async (tell: (api: Api) => Promise<void>) => {
    if (silent) return;
    try {
      const timeoutMs = hurry?.aborted ? HURRIED : PATIENCE;
      await tell(openApi({ token, ...(apiUrl && { apiUrl }), timeoutMs, attempts: 1 }));
    } catch (cause) {
      silent = true;
      log.info(`GitHub is not told where this deployment stands, from here on: ${(cause as Error).message}`);
    }
  };
  const says = (api: Api, of: number, state: DeploymentState, description: string) =>
    tellDeployment(api, repository, of, { state, description, ...(logUrl !== undefined && { logUrl }) });
  const tell = (state: DeploymentState, description: string) =>
    telling(async (api) => {
      if (commit === null) return;
      id ??= await beginDeployment(api, repository, { commit, environment, description: about });
      await says(api, id, state, description);
    });
  return {
    say: (line) => tell('in_progress', line),
    async end(state, description) {
      await tell(state, description);
      await telling(async (api) => {
        if (leaves === undefined) return;
        for (const left of await deploymentsOf(api, repository, { commit: leaves, environment }))
          if (left.id !== id && !ENDED.includes(left.state)) await says(api, left.id, 'inactive', description);
      });
    },
  };
}
