import { afterEach, describe, expect, it } from '@jest/globals';
import { type GitHubOptions, type GitHubStandIn, Refusal, startGitHub } from './index.ts';

const AT = '/repos/corner-shops/shops';
const running: GitHubStandIn[] = [];
afterEach(async () => {
  for (const github of running.splice(0)) await github.stop();
});

async function start(options: Partial<GitHubOptions> = {}) {
  const github = await startGitHub({ repo: 'corner-shops/shops', files: { 'README.md': 'Shops\n' }, ...options });
  running.push(github);
  return github;
}

/** One request, with the stand-in's own token unless another or none is given. */
async function ask(github: GitHubStandIn, request: string, body?: unknown, token: string | null = github.token) {
  const [method, path] = request.split(' ') as [string, string];
  const answer = await fetch(github.url + path, {
    method,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked into by the expectations
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
}

describe('who may do what', () => {
  it('hides a private repository from those who have no token for it, and knows a wrong token', async () => {
    const github = await start();
    const mine = github.state.addRepository('corner-shops', 'mine');
    expect((await ask(github, `GET ${AT}`, undefined, null)).status).toBe(404);
    expect((await ask(github, `GET ${AT}`, undefined, github.state.jobToken(mine, {}))).status).toBe(404);
    expect(await ask(github, `GET ${AT}`, undefined, 'ghs_no')).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials' },
    });
    expect((await ask(github, `GET ${AT}`)).status).toBe(200);
  });

  it('shows a public repository to everybody, and lets nobody write without a token', async () => {
    const github = await start({ isPrivate: false });
    expect((await ask(github, `GET ${AT}/contents/README.md`, undefined, null)).status).toBe(200);
    expect(await ask(github, `POST ${AT}/issues`, { title: 'x' }, null)).toMatchObject({
      status: 401,
      body: { message: 'Requires authentication' },
    });
  });

  it('tells a job which permission it lacks, and does not take reading for writing', async () => {
    const github = await start({ permissions: { issues: 'read' } });
    const refused = await ask(github, `POST ${AT}/issues`, { title: 'x' });
    expect(refused).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('issues=write');
    expect((await ask(github, `GET ${AT}/issues`)).status).toBe(200);
    expect((await ask(github, `GET ${AT}/contents/README.md`)).status).toBe(403);
    expect(github.repository.issues.size).toBe(0);
  });
});

describe('letting a run through', () => {
  async function waiting() {
    const github = await start({ permissions: { actions: 'read', deployments: 'write' } });
    const { state, repository } = github;
    const [ada, ben] = [state.person('ada'), state.person('ben')];
    const { id } = repository.addEnvironment('production', { reviewers: [ada, ben], preventSelfReview: true });
    const run = repository.addRun({ actor: ada, waitingFor: ['production'] });
    const answer = (by: string, token = state.personToken(state.person(by), { deployments: 'write' }, [repository])) =>
      ask(
        github,
        `POST ${AT}/actions/runs/${run.id}/pending_deployments`,
        { environment_ids: [id], state: 'approved', comment: by },
        token,
      );
    return { github, run, id, answer };
  }

  it('is for its reviewers: not for others, who started it, or a job', async () => {
    const { github, run, id, answer } = await waiting();
    expect((await answer('mallory')).status).toBe(422);
    expect((await answer('ada')).status).toBe(422);
    expect((await answer('job', github.token)).status).toBe(403);
    expect(() => github.repository.answer(run, [id], github.state.person('mallory'), 'approved')).toThrow(Refusal);
    expect(run.approvals).toEqual([]);
    expect((await ask(github, `GET ${AT}/actions/runs/${run.id}`)).body.status).toBe('waiting');
  });

  it('is done once, and makes a deployment', async () => {
    const { github, run, answer } = await waiting();
    const approved = await answer('ben');
    expect(approved).toMatchObject({ status: 200, body: [{ environment: 'production', sha: run.headSha }] });
    expect((await answer('ben')).status).toBe(404);
    expect((await ask(github, `GET ${AT}/actions/runs/${run.id}/pending_deployments`)).body).toEqual([]);
    expect((await ask(github, `GET ${AT}/actions/runs/${run.id}/approvals`)).body).toMatchObject([
      { state: 'approved', user: { login: 'ben' }, environments: [{ name: 'production' }] },
    ]);
    expect((await ask(github, `GET ${AT}/deployments?environment=production`)).body).toHaveLength(1);
  });
});

describe('reviews', () => {
  it('are refused from the author of the change and from a job', async () => {
    const github = await start({ permissions: { 'pull-requests': 'write' } });
    const { state, repository } = github;
    repository.commit({ author: state.person('ada'), branch: 'fix', files: { a: '1' } });
    const { number } = repository.addPull({ author: state.person('ada'), headRef: 'fix' });
    const review = (token: string, event = 'APPROVE') =>
      ask(github, `POST ${AT}/pulls/${number}/reviews`, { event }, token);
    const of = (login: string) => state.personToken(state.person(login), { 'pull-requests': 'write' }, [repository]);
    expect((await review(github.token)).body.errors).toEqual([
      'GitHub Actions is not permitted to approve pull requests.',
    ]);
    expect((await review(of('ada'))).body.errors).toEqual(['Can not approve your own pull request']);
    expect((await review(of('ada'), 'COMMENT')).status).toBe(200);
    expect((await review(of('ben'))).body).toMatchObject({
      state: 'APPROVED',
      commit_id: repository.branches.get('fix'),
    });
    expect((await review(of('ben'), 'PRAISE')).status).toBe(422);
  });
});

describe('deployments', () => {
  it('are reported on, and an earlier success of the same place becomes inactive', async () => {
    const github = await start({ permissions: { deployments: 'write' } });
    const deploy = async (environment: string) =>
      (await ask(github, `POST ${AT}/deployments`, { ref: 'main', environment })).body.id;
    const report = (id: number, state: string, more: object = {}) =>
      ask(github, `POST ${AT}/deployments/${id}/statuses`, { state, ...more });
    const statusOf = async (id: number) => (await ask(github, `GET ${AT}/deployments/${id}/statuses`)).body[0]?.state;
    const [first, second, production] = [await deploy('staging'), await deploy('staging'), await deploy('production')];
    for (const id of [first, production, second]) expect((await report(id, 'success')).status).toBe(201);
    expect(await Promise.all([first, second, production].map(statusOf))).toEqual(['inactive', 'success', 'success']);

    expect((await ask(github, `POST ${AT}/deployments`, { ref: 'no-such-branch' })).status).toBe(422);
    expect((await ask(github, `POST ${AT}/deployments`, {})).status).toBe(422);
    expect((await report(first, 'splendid')).status).toBe(422);
    expect((await report(first, 'success', { description: 'x'.repeat(141) })).status).toBe(422);
    expect((await report(4_711, 'success')).status).toBe(404);
  });
});

describe('issues', () => {
  it('are opened, found by label, commented and closed', async () => {
    const github = await start({ permissions: { issues: 'write' } });
    const opened = await ask(github, `POST ${AT}/issues`, { title: 'Watch ended early', labels: ['release'] });
    expect(opened).toMatchObject({
      status: 201,
      body: { number: 1, state: 'open', user: { login: 'github-actions[bot]' } },
    });
    expect((await ask(github, `POST ${AT}/issues/1/comments`, { body: 'Again' })).status).toBe(201);
    expect((await ask(github, `GET ${AT}/issues?labels=release`)).body).toHaveLength(1);
    expect((await ask(github, `GET ${AT}/issues?labels=other`)).body).toEqual([]);
    expect((await ask(github, `PATCH ${AT}/issues/1`, { state: 'closed' })).body).toMatchObject({
      state: 'closed',
      state_reason: 'completed',
    });
    expect((await ask(github, `GET ${AT}/issues`)).body).toEqual([]);
    expect(github.repository.issues.get(1)?.comments.map(({ body }) => body)).toEqual(['Again']);
  });

  it('are refused without title, with a body that is too long, and as broken JSON', async () => {
    const github = await start({ permissions: { issues: 'write' } });
    expect((await ask(github, `POST ${AT}/issues`, { body: 'x' })).status).toBe(422);
    expect((await ask(github, `POST ${AT}/issues`, { title: 'x', body: 'x'.repeat(65_537) })).status).toBe(422);
    expect((await ask(github, `POST ${AT}/issues`, '{"title": ')).status).toBe(400);
    expect(github.requests.map(({ status }) => status)).toEqual([422, 422, 400]);
  });
});

describe('contents', () => {
  it('are answered as GitHub does: a symlink as the file it points to, a large file without content', async () => {
    const github = await start({
      permissions: { contents: 'read' },
      files: {
        'a/b.txt': 'b\n',
        link: { symlink: 'a/b.txt' },
        broken: { symlink: 'nowhere' },
        large: 'x'.repeat(1024 * 1024 + 1),
      },
    });
    const read = async (path: string) => (await ask(github, `GET ${AT}/contents/${path}`)).body;
    expect(await read('a')).toMatchObject([{ type: 'file', path: 'a/b.txt' }]);
    expect(await read('link')).toMatchObject({ type: 'file', content: 'Ygo=\n' });
    expect(await read('broken')).toMatchObject({ type: 'symlink', target: 'nowhere' });
    expect(await read('large')).toMatchObject({ type: 'file', encoding: 'none', content: '' });
    expect((await ask(github, `GET ${AT}/contents/none`)).status).toBe(404);
    expect((await ask(github, `GET ${AT}/contents/a?ref=none`)).status).toBe(404);
  });
});

describe('attestations', () => {
  it('are kept under the digest that their statement names', async () => {
    const github = await start({ permissions: { attestations: 'write' } });
    const hex = '5'.repeat(64);
    const statement = {
      predicateType: 'https://slsa.dev/provenance/v1',
      subject: [{ name: 'shop', digest: { sha256: hex } }],
    };
    const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
    const bundle = { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', dsseEnvelope: { payload } };
    expect((await ask(github, `POST ${AT}/attestations`, { bundle })).status).toBe(201);
    expect((await ask(github, `GET ${AT}/attestations/sha256:${hex}`)).body).toMatchObject({
      attestations: [{ bundle }],
    });
    expect((await ask(github, `GET ${AT}/attestations/sha256:${'6'.repeat(64)}`)).status).toBe(404);
    expect((await ask(github, `POST ${AT}/attestations`, { bundle: {} })).status).toBe(422);
  });
});

describe('limits', () => {
  it('end an hour’s requests until its reset', async () => {
    const github = await start();
    let now = Date.parse('2026-11-27T05:00:00Z');
    github.state.now = () => now;
    github.state.limit = 2;
    github.state.limitResetsAt = now + 60_000;
    const first = await ask(github, `GET ${AT}`);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    await ask(github, `GET ${AT}`);
    const refused = await ask(github, `GET ${AT}`);
    expect(refused).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('API rate limit exceeded') },
    });
    expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(refused.headers.get('x-ratelimit-reset')).toBe(String(Date.parse('2026-11-27T05:01:00Z') / 1_000));
    expect((await ask(github, 'GET /rate_limit')).body.rate.remaining).toBe(0);
    now += 60_000;
    expect((await ask(github, `GET ${AT}`)).status).toBe(200);
  });

  it('slow down who asks too fast, whatever is left of the hour', async () => {
    const github = await start({ permissions: { issues: 'write' } });
    github.state.pointsPerMinute = 11;
    const statuses = [];
    for (let issue = 0; issue < 3; issue++)
      statuses.push((await ask(github, `POST ${AT}/issues`, { title: 'x' })).status);
    expect(statuses).toEqual([201, 201, 403]);
    const slowed = await ask(github, `POST ${AT}/issues`, { title: 'x' });
    expect(slowed.headers.get('retry-after')).toBe('60');
    expect(slowed.body.message).toContain('secondary rate limit');
    expect(github.repository.issues.size).toBe(2);
  });
});

describe('the stand-in itself', () => {
  it('owns up to an answer that GitHub never gives', async () => {
    const github = await startGitHub({
      repo: 'corner-shops/shops',
      files: { a: '' },
      permissions: { actions: 'read' },
    });
    const run = github.repository.addRun({ actor: github.state.person('ada') });
    run.headSha = 7 as never;
    const answer = await ask(github, `GET ${AT}/actions/runs/${run.id}`);
    expect(answer).toMatchObject({
      status: 500,
      body: { message: expect.stringContaining('head_sha must be string') },
    });
    await expect(github.stop()).rejects.toThrow('answered what GitHub never would');
  });

  it('has nothing where GitHub has more, and says so as GitHub would', async () => {
    const github = await start();
    expect((await ask(github, `GET ${AT}/stargazers`)).status).toBe(404);
    expect((await ask(github, `DELETE ${AT}`)).status).toBe(404);
  });
});
