import type { End } from '@tillgate/delivery';
import { beginDeployment, openApi, tellDeployment } from '@tillgate/github';
import type { ReleaseRecord } from '@tillgate/signing';
import type { DeliverFrame } from './deliver.ts';

/** Tells GitHub where a delivery stands. It costs nothing when GitHub is down: a delivery does not rest on it. */
export interface Statuses {
  say(line: string): Promise<void>;
  end(end: End | undefined, reason: string): Promise<void>;
}

/** One call that hangs must not hold a delivery up, in ms. */
const PATIENCE = 5_000;

const STATES = { promoted: 'success', returned: 'failure', held: 'error' } as const;

/** A deployment of this release, as GitHub shows it on the page of the environment. */
export function githubStatuses({ inputs, log }: DeliverFrame, record: ReleaseRecord): Statuses {
  const [owner = '', repo = ''] = (process.env.GITHUB_REPOSITORY ?? '').split('/');
  const token = inputs['github-token'];
  const { GITHUB_SERVER_URL: server, GITHUB_RUN_ID: run, GITHUB_API_URL: apiUrl } = process.env;
  let silent = token === '' || repo === '';
  let id: number | undefined;
  const tell = async (state: 'in_progress' | 'success' | 'failure' | 'error', description: string) => {
    if (silent) return;
    try {
      const api = openApi({ token, ...(apiUrl && { apiUrl }), timeoutMs: PATIENCE, attempts: 1 });
      const repository = { owner, repo };
      id ??= await beginDeployment(api, repository, {
        commit: record.commits.to,
        environment: record.environment.name,
        description: `Release record no. ${record.sequence}`,
      });
      const logUrl = server && run ? `${server}/${owner}/${repo}/actions/runs/${run}` : undefined;
      await tellDeployment(api, repository, id, { state, description, ...(logUrl !== undefined && { logUrl }) });
    } catch (cause) {
      silent = true;
      log.info(`GitHub is not told where this deployment stands, from here on: ${(cause as Error).message}`);
    }
  };
  return {
    say: (line) => tell('in_progress', line),
    end: (end, reason) =>
      end
        ? tell(STATES[end], end === 'promoted' ? 'Promoted.' : `${end}: ${reason}`)
        : tell('in_progress', 'Not over.'),
  };
}
