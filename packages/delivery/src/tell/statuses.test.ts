import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '@tillgate/host';
import { type GitHubStandIn, startGitHub } from '@tillgate/testbed/github';
import { githubStatuses, type StatusesOf } from './statuses.ts';

let github: GitHubStandIn;
let commits: { before: string; released: string };
const env = { ...process.env };

beforeEach(async () => {
  github = await startGitHub({
    ...{ repo: 'corner-shops/shops', files: { 'README.md': 'Shops\n' }, permissions: { deployments: 'write' } },
  });
  const before = github.repository.branches.get('main') as string;
  const author = github.state.person('ada');
  commits = { before, released: github.repository.commit({ author, branch: 'main', files: { new: 'x' } }) };
  Object.assign(process.env, { GITHUB_REPOSITORY: 'corner-shops/shops', GITHUB_API_URL: github.url });
});
afterEach(async () => {
  process.env = { ...env };
  await github.stop();
});

const telling = (of: Partial<StatusesOf>) =>
  githubStatuses({
    ...{ token: github.token, commit: null, environment: 'production', description: 'no. 3', log: silentLog },
    ...of,
  });
/** All that GitHub shows: which commit, where, and what became of it. */
const shown = () =>
  [...github.repository.deployments.values()].map(({ sha, environment, statuses }) => [
    sha === commits.released ? 'released' : 'before',
    environment,
    ...statuses.map(({ state }) => state),
  ]);
const delivered = async (environment = 'production') => {
  const statuses = telling({ commit: commits.released, environment });
  await statuses.say('10 %');
  return statuses;
};

describe('a rollback, as GitHub shows it', () => {
  it('is a deployment of what runs again, and the released commit is no longer active', async () => {
    await (await delivered()).end('success', 'Promoted.');
    await (await delivered('staging')).end('success', 'Promoted.');
    const back = telling({ commit: commits.before, leaves: commits.released });
    await back.say('back');
    await back.end('success', 'Rolled back: wrong prices');
    expect(shown()).toEqual([
      ['released', 'production', 'in_progress', 'success', 'inactive'],
      ['released', 'staging', 'in_progress', 'success'],
      ['before', 'production', 'in_progress', 'success'],
    ]);
  });

  it('ends a deployment that was on its way, where nobody knows which commit runs again', async () => {
    await delivered();
    const back = telling({ leaves: commits.released });
    await back.say('back');
    await back.end('success', 'Rolled back: wrong prices');
    expect(shown()).toEqual([['released', 'production', 'in_progress', 'inactive']]);
    const [told] = github.repository.deployments.values();
    expect(told?.statuses.at(-1)?.description).toBe('Rolled back: wrong prices');
  });

  it('leaves a deployment as it ended, and its own, where the same commit runs again', async () => {
    await (await delivered()).end('failure', 'returned: errors');
    const back = telling({ commit: commits.released, leaves: commits.released });
    await back.end('success', 'Rolled back: wrong prices');
    expect(shown()).toEqual([
      ['released', 'production', 'in_progress', 'failure'],
      ['released', 'production', 'success'],
    ]);
  });

  it('is not told without the right to, and nothing rests on it', async () => {
    await telling({ token: 'ghs_nobody', leaves: commits.released }).end('success', 'Rolled back.');
    await telling({ token: '', leaves: commits.released }).end('success', 'Rolled back.');
    expect(shown()).toEqual([]);
  });
});
