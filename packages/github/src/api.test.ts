import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { askForAll, type Question } from './api.ts';
import { GitHubError, type Reason } from './errors.ts';
import { type ScriptedAnswer, scripted } from './scripted.test-kit.ts';

const question: Question<{ id: number }> = {
  about: 'run 7',
  permission: 'actions: read',
  route: 'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
  parameters: { owner: 'acme', repo: 'shop', run_id: 7 },
  schema: z.looseObject({ id: z.int() }),
};

async function failure(asked: Promise<unknown>): Promise<GitHubError> {
  const thrown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(GitHubError);
  return thrown as GitHubError;
}

// Status, headers and messages as GitHub documents them:
// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api and .../rate-limits-for-the-rest-api
const RESET: ScriptedAnswer['headers'] = {
  'x-ratelimit-limit': '1000',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Date.parse('2026-11-27T05:10:00Z') / 1_000),
  date: 'Fri, 27 Nov 2026 05:00:00 GMT',
};
const causes: [string, ScriptedAnswer, Reason, RegExp][] = [
  ['a bad token', { status: 401, body: { message: 'Bad credentials' } }, 'unauthorized', /does not accept the token/],
  [
    'a missing permission',
    { status: 403, body: { message: 'Resource not accessible by integration' } },
    'permission',
    /`permissions: \{ actions: read \}`/,
  ],
  [
    'the permission GitHub names',
    { status: 403, headers: { 'x-accepted-github-permissions': 'actions=read' }, body: { message: 'Forbidden' } },
    'permission',
    /GitHub names: actions=read/,
  ],
  [
    'single sign-on',
    { status: 403, body: { message: 'Resource protected by organization SAML enforcement.' } },
    'forbidden',
    /SAML enforcement/,
  ],
  ['nothing there', { status: 404, body: { message: 'Not Found' } }, 'not-found', /or the token may not see it/],
  ['an empty repository', { status: 409, body: { message: 'Git Repository is empty.' } }, 'refused', /is empty/],
  [
    'the hourly limit',
    { status: 403, headers: RESET, body: { message: 'API rate limit exceeded' } },
    'rate-limit',
    /601 s/,
  ],
  [
    'too many at once',
    { status: 429, headers: { 'retry-after': '240' }, body: { message: 'You have exceeded a secondary rate limit' } },
    'secondary-rate-limit',
    /again in 240 s/,
  ],
  ['a page instead of JSON', { body: '<html>Sign in to the guest network</html>' }, 'not-the-api', /captive portal/],
  ['a page with 403', { status: 403, body: '<html>Blocked</html>' }, 'not-the-api', /status 403/],
  [
    'JSON that is cut off',
    { headers: { 'content-type': 'application/json' }, body: '{"id": 1' },
    'not-the-api',
    /no JSON/,
  ],
  ['another shape', { body: { id: 'seven' } }, 'unexpected-answer', /: id: /],
  ['a list for an object', { body: [] }, 'unexpected-answer', /documented shape/],
];

describe('a question to GitHub', () => {
  it.each(causes)('tells %s apart', async (_, answer, reason, message) => {
    const { api, asked } = scripted([answer]);
    const error = await failure(api.ask(question));
    expect(error.reason).toBe(reason);
    expect(error.message).toMatch(message);
    expect(asked).toHaveLength(1);
  });

  it('sends the token to the API asked for and shows it in no error', async () => {
    const { api, asked } = scripted([{ status: 401, body: { message: 'Bad credentials' } }], {
      apiUrl: 'https://github.corp.example/api/v3',
    });
    const error = await failure(api.ask(question));
    expect(asked[0]?.url).toBe('https://github.corp.example/api/v3/repos/acme/shop/actions/runs/7');
    expect(asked[0]?.headers.get('authorization')).toMatch(/ghs_secretsecretsecret$/);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secretsecret');
  });

  it('asks again after a 5xx and a broken connection, and then answers', async () => {
    const broken = new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
    const { api, slept } = scripted([{ status: 502, body: '<html>Unicorn!</html>' }, broken, { body: { id: 7 } }]);
    expect((await api.ask(question)).value).toEqual({ id: 7 });
    expect(slept).toHaveLength(2);
  });

  it('gives up after the attempts it has', async () => {
    const { api, asked } = scripted(Array(9).fill({ status: 503, body: { message: 'Service Unavailable' } }));
    expect((await failure(api.ask(question))).reason).toBe('unavailable');
    expect(asked).toHaveLength(4);
  });

  it('waits exactly as long as GitHub asks', async () => {
    const { api, slept } = scripted([{ status: 403, headers: { 'retry-after': '17' } }, { body: { id: 7 } }]);
    await api.ask(question);
    expect(slept).toEqual([17_000]);
  });

  it('does not wait for a limit that ends too late, and says when it ends', async () => {
    const { api, slept } = scripted([{ status: 403, headers: RESET, body: { message: 'API rate limit exceeded' } }]);
    // 05:00:00 by GitHub's own Date to 05:10:00, and a second for rounding; our clock plays no part.
    expect((await failure(api.ask(question))).waitMs).toBe(601_000);
    expect(slept).toEqual([]);
  });

  it('ends at once when it is cancelled, before, between and during attempts', async () => {
    const before = scripted([{ body: { id: 7 } }], { signal: AbortSignal.abort() });
    expect((await failure(before.api.ask(question))).reason).toBe('cancelled');

    const controller = new AbortController();
    const between = scripted([{ status: 502 }, { body: { id: 7 } }], {
      signal: controller.signal,
      sleep: async (_, signal) => {
        controller.abort();
        signal?.throwIfAborted();
      },
    });
    expect((await failure(between.api.ask(question))).reason).toBe('cancelled');
    expect(between.asked).toHaveLength(1);
  });

  it('treats silence as a broken connection', async () => {
    const { api } = scripted([], {
      timeoutMs: 20,
      attempts: 1,
      fetch: (_, init) =>
        new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))),
    });
    const error = await failure(api.ask(question));
    expect([error.reason, error.message]).toEqual(['network', expect.stringContaining('no answer in time')]);
  });

  it('reads no more than it may', async () => {
    const { api } = scripted([{ body: { id: 7, padding: 'x'.repeat(17 * 1024 * 1024) } }]);
    expect((await failure(api.ask(question))).reason).toBe('too-large');
  });
});

describe('a list', () => {
  const list: Question<number[]> = { ...question, route: 'GET /numbers', parameters: {}, schema: z.array(z.int()) };
  const next = { link: '<https://attacker.example/numbers?page=2>; rel="next"' };

  it('is read to its end, from the API alone', async () => {
    const { api, asked } = scripted([{ headers: next, body: [1, 2] }, { body: [3] }]);
    expect(await askForAll(api, list, (page) => page)).toEqual([1, 2, 3]);
    expect(asked.map(({ url }) => url)).toEqual([
      'https://api.github.com/numbers?per_page=100&page=1',
      'https://api.github.com/numbers?per_page=100&page=2',
    ]);
  });

  it('that does not end is an error, not half a list', async () => {
    const { api } = scripted(Array(99).fill({ headers: next, body: [1, 2] }));
    expect((await failure(askForAll(api, list, (page) => page, 10))).reason).toBe('too-large');
    const empty = scripted(Array(99).fill({ headers: next, body: [] }));
    expect((await failure(askForAll(empty.api, list, (page) => page, 10))).reason).toBe('too-large');
  });
});
