import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type Api,
  approvalsOf,
  attestationsOf,
  beginDeployment,
  commit,
  commitsBetween,
  deploymentsOf,
  environment,
  GitHubError,
  openApi,
  pullsOfCommit,
  type Reason,
  reviewsOf,
  run,
  serverTime,
  TrustedFileError,
  tellDeployment,
  trustedBranch,
  trustedFile,
} from '@tillgate/github';
import type { Sha256 } from '@tillgate/release';
import { type GitHubOptions, type GitHubStandIn, type Permissions, startGitHub } from './index.ts';

const REPOSITORY = { owner: 'corner-shops', repo: 'shops' };
const PATH = '.github/release-policy.yml';
const ALL: Permissions = {
  ...{ actions: 'read', attestations: 'read', contents: 'read' },
  ...{ deployments: 'read', issues: 'read', 'pull-requests': 'read' },
};

const running: GitHubStandIn[] = [];
afterEach(async () => {
  for (const github of running.splice(0)) await github.stop();
});

async function start(options: Partial<GitHubOptions> = {}) {
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { [PATH]: 'extends: preset:odoo-retail\n', 'README.md': 'Shops\n' },
    permissions: ALL,
    ...options,
  });
  running.push(github);
  return { github, api: api(github), person: (login: string) => github.state.person(login) };
}

/** A client that waits for nothing, and remembers how long it would have. */
function api(github: GitHubStandIn, token = github.token, slept: number[] = []): Api {
  const sleep = async (millis: number) => {
    slept.push(millis);
  };
  return openApi({ token, apiUrl: github.url, timeoutMs: 2_000, sleep });
}

async function reasonOf(asked: Promise<unknown>): Promise<Reason> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GitHubError);
  return (error as GitHubError).reason;
}

describe('a trusted file', () => {
  it('is that of the default branch, whatever other branches and tags hold', async () => {
    const { github, api, person } = await start({ defaultBranch: 'live/main' });
    const head = github.repository.branches.get('live/main');
    github.repository.commit({ author: person('mallory'), branch: 'main', files: { [PATH]: 'gates: []\n' } });
    const file = await trustedFile(api, { ...REPOSITORY, path: PATH });
    expect(Buffer.from(file.bytes).toString()).toBe('extends: preset:odoo-retail\n');
    expect(file).toMatchObject({ commit: head, ref: 'refs/heads/live/main' });
  });

  it.each([
    ['nothing', {}],
    ['folder', { [`${PATH}/inner`]: 'x' }],
    ['symlink', { [PATH]: { symlink: '../README.md' } }],
    ['submodule', { [PATH]: { submodule: 'd'.repeat(40) } }],
    ['large file', { [PATH]: 'x'.repeat(1024 * 1024 + 1) }],
  ] as const)('is refused where there is: %s', async (found, files) => {
    const { api } = await start({ files: { 'README.md': 'Shops\n', '.github/other.yml': '', ...files } });
    const refused = trustedFile(api, { ...REPOSITORY, path: PATH });
    await expect(refused).rejects.toBeInstanceOf(TrustedFileError);
    await expect(refused).rejects.toMatchObject({ found });
  });

  it('is refused in an empty repository, and when it is changed on its way', async () => {
    const empty = await startGitHub({ repo: 'corner-shops/shops', permissions: ALL });
    running.push(empty);
    expect(await reasonOf(trustedFile(api(empty), { ...REPOSITORY, path: PATH }))).toBe('refused');

    const { github, api: asking } = await start();
    const change = (body: unknown) =>
      'content' in (body as object)
        ? { ...(body as object), content: Buffer.from('gates: []\n').toString('base64') }
        : body;
    for (let request = 0; request < 5; request++) github.state.troubles.push({ kind: 'changed', change });
    await expect(trustedFile(asking, { ...REPOSITORY, path: PATH })).rejects.toMatchObject({ found: 'damaged file' });
  });
});

describe('the trusted branch', () => {
  it('is read with one token, and tells how far our clock is ahead', async () => {
    const { github } = await start();
    github.state.now = () => Date.now() - 3_600_000;
    const branch = await trustedBranch({ token: github.token, repository: 'corner-shops/shops', apiUrl: github.url });
    expect(branch.clockOffsetMs()).toBeUndefined();
    const { bytes } = await branch.read(PATH, AbortSignal.timeout(10_000));
    expect(Buffer.from(bytes).toString()).toBe('extends: preset:odoo-retail\n');
    expect(branch.clockOffsetMs()).toBeGreaterThan(3_590_000);
    await expect(branch.read(PATH, AbortSignal.abort())).rejects.toMatchObject({ reason: 'cancelled' });
  });
});

describe('who let a run through', () => {
  it('is told by numeric ids, of the run and of each approval', async () => {
    const { github, api, person } = await start();
    const [ada, ben, cleo] = ['ada', 'ben', 'cleo'].map(person) as [never, never, never];
    const { id } = github.repository.addEnvironment('production-approval', {
      reviewers: [ben, cleo],
      teams: [{ id: 77, slug: 'release-managers' }],
      preventSelfReview: true,
    });
    const started = github.repository.addRun({
      actor: ada,
      triggeringActor: cleo,
      attempt: 2,
      waitingFor: ['production-approval'],
    });

    expect(await run(api, REPOSITORY, started.id)).toMatchObject({
      actor: { id: person('ada').id, login: 'ada' },
      triggeringActor: { id: person('cleo').id, login: 'cleo' },
      attempt: 2,
      headSha: github.repository.branches.get('main'),
      event: 'push',
    });
    expect(await approvalsOf(api, REPOSITORY, started.id)).toEqual([]);
    github.repository.answer(started, [id], ben, 'approved', 'Looked at it');
    expect(await approvalsOf(api, REPOSITORY, started.id)).toEqual([
      {
        state: 'approved',
        user: { id: person('ben').id, login: 'ben' },
        comment: 'Looked at it',
        environments: [{ id, name: 'production-approval' }],
      },
    ]);
    expect(await environment(api, REPOSITORY, 'production-approval')).toMatchObject({
      reviewers: [
        { kind: 'user', name: 'ben' },
        { kind: 'user', name: 'cleo' },
        { kind: 'team', id: 77, name: 'release-managers' },
      ],
      preventSelfReview: true,
      branches: 'all',
      rules: ['required_reviewers'],
    });
  });

  it('tells an unprotected environment from one that is not there', async () => {
    const { github, api } = await start();
    github.repository.addEnvironment('staging', { waitMinutes: 30, branches: 'protected' });
    expect(await environment(api, REPOSITORY, 'staging')).toMatchObject({
      reviewers: [],
      preventSelfReview: false,
      waitMinutes: 30,
      branches: 'protected',
    });
    expect(await reasonOf(environment(api, REPOSITORY, 'production'))).toBe('not-found');
  });
});

describe('pull requests, reviews and authors', () => {
  it('finds the pull request of a squashed commit, and keeps reviews of another state apart', async () => {
    const { github, api, person } = await start();
    const { repository } = github;
    repository.commit({ author: person('ada'), branch: 'fix', files: { 'a.txt': '1' } });
    const pull = repository.addPull({ author: person('ada'), headRef: 'fix', labels: ['hotfix'] });
    repository.addReview(pull, { user: person('ben'), state: 'APPROVED' });
    repository.commit({ author: person('ada'), branch: 'fix', files: { 'a.txt': '2' } });
    repository.push(pull);
    repository.addReview(pull, { user: person('cleo'), state: 'APPROVED' });
    repository.addReview(pull, { user: null, state: 'APPROVED' });
    const merged = repository.merge(pull, { squashedBy: person('cleo') });

    const [found, ...others] = await pullsOfCommit(api, REPOSITORY, merged);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ number: 1, author: { login: 'ada' }, headSha: pull.headSha, labels: ['hotfix'] });
    const { ofCommit, ofOthers } = await reviewsOf(api, REPOSITORY, 1, pull.headSha);
    expect(ofCommit.map(({ user }) => user?.login)).toEqual(['cleo', undefined]);
    expect(ofOthers.map(({ user }) => user?.login)).toEqual(['ben']);
    // The commit that is released is not the one that was reviewed, but it holds the same.
    const [released, reviewed] = await Promise.all([merged, pull.headSha].map((sha) => commit(api, REPOSITORY, sha)));
    expect([released?.sha === reviewed?.sha, released?.tree === reviewed?.tree]).toEqual([false, true]);
  });

  it('reads reviews beyond the first page', async () => {
    const { github, api, person } = await start();
    github.repository.commit({ author: person('ada'), branch: 'fix' });
    const pull = github.repository.addPull({ author: null, headRef: 'fix' });
    for (let review = 0; review < 230; review++)
      github.repository.addReview(pull, { user: person('ben'), state: 'COMMENTED' });
    github.repository.addReview(pull, { user: person('cleo'), state: 'CHANGES_REQUESTED' });
    const { ofCommit } = await reviewsOf(api, REPOSITORY, 1, pull.headSha);
    expect([ofCommit.length, ofCommit.at(-1)?.state]).toEqual([231, 'CHANGES_REQUESTED']);
    expect((await pullsOfCommit(api, REPOSITORY, pull.headSha))[0]).not.toHaveProperty('author');
  });

  it('names the authors between two commits, and owns up to those it does not know', async () => {
    const { github, api, person } = await start();
    const base = github.repository.branches.get('main') as string;
    const shas = Array.from({ length: 130 }, () =>
      github.repository.commit({ author: person('ada'), committer: person('ben') }),
    );
    shas.push(github.repository.commit({ author: { name: 'Ben', email: 'ben@laptop.local' } }));
    const head = shas.at(-1) as string;
    const { status, commits } = await commitsBetween(api, REPOSITORY, base, head);
    expect([status, commits.length]).toEqual(['ahead', 131]);
    expect(commits.map(({ sha }) => sha)).toEqual(shas);
    expect(commits[0]).toMatchObject({ author: { login: 'ada' }, committer: { login: 'ben' } });
    const tree = github.repository.git.commits.get(head)?.tree;
    expect(commits.at(-1)).toEqual({ sha: head, tree });
    expect(await commit(api, REPOSITORY, head)).toEqual({ sha: head, tree });
    expect((await commitsBetween(api, REPOSITORY, head, base)).status).toBe('behind');
  });
});

describe('attestations', () => {
  it('are given for the digest and type that was asked for', async () => {
    const { github, api } = await start();
    const digest: Sha256 = `sha256:${'5'.repeat(64)}`;
    const predicateType = 'https://slsa.dev/provenance/v1';
    expect(await reasonOf(attestationsOf(api, REPOSITORY, digest, predicateType))).toBe('not-found');
    github.repository.addAttestation({ digest, predicateType, bundle: { mediaType: 'first' } });
    github.repository.addAttestation({
      digest,
      predicateType: 'https://other.example',
      bundle: { mediaType: 'second' },
    });
    expect(await attestationsOf(api, REPOSITORY, digest, predicateType)).toEqual([{ mediaType: 'first' }]);
  });
});

describe('the time', () => {
  it('is GitHub’s, whatever ours is', async () => {
    const { github, api } = await start();
    github.state.now = () => Date.now() + 90_000;
    const { offsetMs, uncertaintyMs } = await serverTime(api);
    expect(Math.abs(offsetMs - 90_000)).toBeLessThanOrEqual(uncertaintyMs);
  });

  it('is read from a server without rate limits too', async () => {
    const { github, api } = await start();
    github.state.limit = Number.POSITIVE_INFINITY;
    expect((await serverTime(api)).offsetMs).toBeLessThan(60_000);
    expect(github.requests.map(({ path, status }) => `${path} ${status}`)).toEqual(['/rate_limit 404', '/ 200']);
  });
});

describe('what GitHub refuses', () => {
  const policy = (api: Api) => trustedFile(api, { ...REPOSITORY, path: PATH });

  it('a wrong token, and another repository', async () => {
    const { github, api: asking } = await start();
    expect(await reasonOf(policy(api(github, 'ghs_wrong')))).toBe('unauthorized');
    expect(await reasonOf(trustedFile(asking, { owner: 'corner-shops', repo: 'other', path: PATH }))).toBe('not-found');
    const other = github.state.jobToken(github.state.addRepository('corner-shops', 'other'), ALL);
    expect(await reasonOf(policy(api(github, other)))).toBe('not-found');
  });

  it.each([
    ['contents', (api: Api) => trustedFile(api, { ...REPOSITORY, path: PATH })],
    ['actions', (api: Api) => approvalsOf(api, REPOSITORY, 1)],
    ['actions', (api: Api) => environment(api, REPOSITORY, 'production')],
    ['pull-requests', (api: Api) => reviewsOf(api, REPOSITORY, 1, 'a'.repeat(40))],
    ['attestations', (api: Api) => attestationsOf(api, REPOSITORY, `sha256:${'5'.repeat(64)}`, 'x')],
  ] as const)('a token without %s, which the message names', async (permission, asking) => {
    const { [permission]: _, ...others } = ALL;
    const { api } = await start({ permissions: others });
    await expect(asking(api)).rejects.toMatchObject({
      reason: 'permission',
      message: expect.stringContaining(`permissions: { ${permission}: read }`),
    });
  });

  it('more requests than an hour has', async () => {
    const { github, api } = await start();
    github.state.limit = 3;
    expect(await reasonOf(policy(api))).toBe('rate-limit');
    expect((await serverTime(api)).uncertaintyMs).toBeGreaterThan(0);
  });

  it('too many at once, until it has had its rest', async () => {
    const { github } = await start();
    const slept: number[] = [];
    github.state.troubles.push({ kind: 'slow down', status: 429, seconds: 9 }, { kind: 'slow down', status: 403 });
    await policy(api(github, github.token, slept));
    expect(slept).toEqual([9_000, 60_000]);
  });
});

describe('a bad connection', () => {
  const policy = (api: Api) => trustedFile(api, { ...REPOSITORY, path: PATH });

  it.each([[{ kind: 'status', status: 502 }], [{ kind: 'hang up' }], [{ kind: 'cut off' }]] as const)(
    'is overcome: %j',
    async (trouble) => {
      const { github, api } = await start();
      github.state.troubles.push(trouble, trouble, trouble);
      expect((await policy(api)).ref).toBe('refs/heads/main');
    },
  );

  it('is given up when it stays', async () => {
    const { github, api } = await start();
    for (let request = 0; request < 4; request++) github.state.troubles.push({ kind: 'hang up' });
    expect(await reasonOf(policy(api))).toBe('network');
    for (let request = 0; request < 4; request++) github.state.troubles.push({ kind: 'status', status: 503 });
    expect(await reasonOf(policy(api))).toBe('unavailable');
  });

  it('with a page of a proxy on it is not taken for GitHub', async () => {
    const { github, api } = await start();
    github.state.troubles.push({ kind: 'page', status: 200 });
    expect(await reasonOf(policy(api))).toBe('not-the-api');
    github.state.troubles.push({ kind: 'page', status: 403 });
    expect(await reasonOf(policy(api))).toBe('not-the-api');
  });

  it('that is silent ends with the caller’s patience', async () => {
    const { github } = await start();
    github.state.troubles.push({ kind: 'silence' });
    const controller = new AbortController();
    const asking = openApi({ token: github.token, apiUrl: github.url, signal: controller.signal });
    const asked = reasonOf(policy(asking));
    controller.abort();
    expect(await asked).toBe('cancelled');
  });
});

describe('a deployment', () => {
  it('is begun without asking commit statuses, and told where it stands', async () => {
    const { github, api: tells } = await start({ permissions: { ...ALL, deployments: 'write' } });
    const head = github.repository.branches.get('main') as string;
    const id = await beginDeployment(tells, REPOSITORY, {
      commit: head,
      environment: 'production',
      description: 'Canary',
    });
    await tellDeployment(tells, REPOSITORY, id, { state: 'in_progress', description: '5 %: reached' });
    await tellDeployment(tells, REPOSITORY, id, { state: 'success', description: 'x'.repeat(200) });
    const told = github.repository.deployments.get(id);
    expect(told).toMatchObject({ sha: head, environment: 'production' });
    expect(told?.statuses.map(({ state, description }) => [state, description.length])).toEqual([
      ['in_progress', '5 %: reached'.length],
      ['success', 140],
    ]);
  });

  it('is found by its commit and environment, the newest first, with where it stands', async () => {
    const { github, api: tells } = await start({ permissions: { ...ALL, deployments: 'write' } });
    const was = github.repository.branches.get('main') as string;
    const is = github.repository.commit({ author: github.state.person('ada'), branch: 'main', files: { new: '' } });
    const begin = (commit: string, environment: string) =>
      beginDeployment(tells, REPOSITORY, { commit, environment, description: '' });
    const [first, , , last] = [
      await begin(is, 'production'),
      await begin(was, 'production'),
      await begin(is, 'staging'),
      await begin(is, 'production'),
    ];
    await tellDeployment(tells, REPOSITORY, first, { state: 'in_progress', description: '' });
    await tellDeployment(tells, REPOSITORY, first, { state: 'success', description: '' });
    expect(await deploymentsOf(tells, REPOSITORY, { commit: is, environment: 'production' })).toEqual([
      { id: last, state: null },
      { id: first, state: 'success' },
    ]);
  });

  it('needs a permission that the error names', async () => {
    const { api: reads } = await start();
    const asked = beginDeployment(reads, REPOSITORY, { commit: 'main', environment: 'production', description: '' });
    expect(await reasonOf(asked)).toBe('permission');
  });
});
