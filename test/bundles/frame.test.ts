/**
 * What the frame promises, asked of every bundle that reads a policy, as it is committed. A new action joins by itself;
 * what only knows a cluster is in acts.test.ts.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeReceipt, digestOf, parseVerdict } from '@tillgate/release';
import { type GitHubStandIn, type Permissions, startGitHub } from '@tillgate/testbed/github';
import { ACTION_INPUTS, COMMON_INPUTS, GOOD_POLICY } from './inputs.ts';
import { secretsIn } from './leaks.ts';
import { BLABBING, inFetch, NO_DEADLINE, SHORT_DEADLINE } from './planted.ts';
import { BUNDLES, type Bundle, type Job, newJob, type Ran, runBundle, type Step } from './run-bundle.ts';

const POLICY_PATH = '.github/release-policy.yml';

let job: Job;
let github: GitHubStandIn;
beforeEach(async () => {
  job = await newJob();
});
afterEach(async () => {
  await github?.stop();
  await job.remove();
});

async function serve(policy: string, permissions: Permissions = { contents: 'read' }): Promise<void> {
  github = await startGitHub({ repo: 'corner-shops/shops', files: { [POLICY_PATH]: policy }, permissions });
}

function validInputs({ action }: Bundle): Record<string, string> {
  return { ...COMMON_INPUTS, ...ACTION_INPUTS[action]?.minimal, 'github-token': github.token };
}

async function run(bundle: Bundle, step: Partial<Step> = {}): Promise<Ran> {
  return runBundle(bundle, job, { inputs: validInputs(bundle), apiUrl: github.url, ...step });
}

/** Not green, says so, and leaves nothing that could be taken for an answer. */
function expectNoAnswer(ran: Ran): void {
  expect({ code: ran.code, signal: ran.signal }).toEqual({ code: 1, signal: null });
  expect(ran.outputs).toMatchObject({ outcome: 'inconclusive' });
  expect(ran.outputs).not.toHaveProperty('receipt');
  expect(ran.outputs).not.toHaveProperty('record-digest');
  expect(ran.left).toEqual({});
  expect(ran.log).toMatch(/^::error /m);
}

it('there are bundles', () => {
  expect(BUNDLES.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['observe-production', 'release-decision', 'freeze-window-check']),
  );
});

const READING = BUNDLES.filter(({ inputs }) => 'policy' in inputs);

describe.each(READING.map((bundle) => [bundle.action, bundle] as const))('%s', (_, bundle) => {
  const required = Object.entries(bundle.inputs).filter(([, input]) => input.required);

  it('has all it requires in inputs.ts of this folder', () => {
    const known = { ...COMMON_INPUTS, ...ACTION_INPUTS[bundle.action]?.minimal };
    expect(required.map(([name]) => name).filter((name) => !(name in known))).toEqual([]);
  });

  describe('inputs', () => {
    beforeEach(() => serve(GOOD_POLICY));

    it('that are missing are all named at once, and nothing is asked of GitHub', async () => {
      const ran = await run(bundle, { inputs: {} });
      expectNoAnswer(ran);
      for (const name of [...required.map(([input]) => input), 'github-token'])
        expect(ran.log).toContain(`${name} is missing or empty.`);
      expect(github.requests).toEqual([]);
    });

    it('that do not exist are refused: a typing error must not leave the default in force', async () => {
      const ran = await run(bundle, { inputs: { ...validInputs(bundle), polciy: 'x', enviroment: 'y' } });
      expectNoAnswer(ran);
      expect(ran.log).toContain('polciy is no input of this action.');
      expect(ran.log).toContain('enviroment is no input of this action.');
      expect(github.requests).toEqual([]);
    });

    it.each(['release-class', 'emergency'])('cannot ask for an emergency through %s', async (name) => {
      const ran = await run(bundle, { inputs: { ...validInputs(bundle), [name]: 'emergency' } });
      expectNoAnswer(ran);
      expect(ran.log).toMatch(/emergency is declared in the policy/);
    });

    it.each([
      ['an image without digest', { image: 'registry.example/corner-shops/odoo:17' }, /has no digest/],
      ['neither image nor configuration', { image: '' }, /image or configuration must be given/],
      ['a short commit', { commit: 'abc1234' }, /full id of a commit/],
    ])('%s', async (_name, wrong, told) => {
      const ran = await run(bundle, { inputs: { ...validInputs(bundle), ...wrong } });
      expectNoAnswer(ran);
      expect(ran.log).toMatch(told);
    });
  });

  describe('a policy', () => {
    it.each([
      [
        'with an unknown key',
        `${GOOD_POLICY}clases: {}\n`,
        /line 4, column 1: clases is not known; did you mean .*classes/,
      ],
      ['with a key twice', `${GOOD_POLICY}extends: x\n`, /line 4, column 1: this key is there twice/],
      ['with a tab', 'environments:\n\tproduction: 1\n', /line 2, column 1: a tab/],
      ['with a byte order mark', `\uFEFF${GOOD_POLICY}`, /byte order mark/],
      ['that is too large', `# ${'x'.repeat(300_000)}\n`, /at most 262144/],
      ['that is a bomb', bomb(), /uses aliases/],
      ['that does not know the environment', 'extends: preset:odoo-retail\n', /"production" is not in/],
      ['that is empty', '', /is empty/],
    ])('%s', async (_name, policy, told) => {
      await serve(policy);
      const ran = await run(bundle);
      expectNoAnswer(ran);
      expect(ran.log).toMatch(told);
    });

    it('that is not there', async () => {
      await serve(GOOD_POLICY);
      const ran = await run(bundle, { inputs: { ...validInputs(bundle), policy: '.github/other.yml' } });
      expectNoAnswer(ran);
      expect(ran.log).toContain('.github/other.yml');
    });

    it('is not taken from the workspace', async () => {
      await serve('clases: {}\n');
      const ran = await run(bundle, { env: { GITHUB_REF: 'refs/heads/evil' } });
      expectNoAnswer(ran);
    });
  });

  describe('GitHub', () => {
    it('without the permission', async () => {
      await serve(GOOD_POLICY, {});
      const ran = await run(bundle);
      expectNoAnswer(ran);
      expect(ran.log).toContain('contents: read');
    });

    it.each([
      ['a page of a proxy', { kind: 'page', status: 200 } as const, /not GitHub's API|no JSON/i],
      ['a page of a proxy that forbids', { kind: 'page', status: 403 } as const, /not GitHub's API|no JSON/i],
      ['another shape', { kind: 'changed', change: () => ({ hello: 'world' }) } as const, /documented shape/],
      ['a list instead', { kind: 'changed', change: () => [] } as const, /documented shape/],
      ['null', { kind: 'changed', change: () => null } as const, /.+/],
    ])('answering with %s', async (_name, trouble, told) => {
      await serve(GOOD_POLICY);
      // The time may come from any server; the first answer that is about the repository must be GitHub's.
      github.state.troubles.push({ kind: 'changed', change: (body) => body }, trouble);
      const ran = await run(bundle);
      expectNoAnswer(ran);
      expect(ran.log).toMatch(told);
    });

    it('with a file changed on its way', async () => {
      await serve(GOOD_POLICY);
      const change = (body: unknown) =>
        'content' in (body as object)
          ? { ...(body as object), content: Buffer.from('classes: {}\n').toString('base64') }
          : body;
      for (let asked = 0; asked < 12; asked++) github.state.troubles.push({ kind: 'changed', change });
      const ran = await run(bundle);
      expectNoAnswer(ran);
      expect(ran.log).toContain('arrived changed');
    });
  });

  describe('ended from outside', () => {
    beforeEach(async () => {
      await serve(GOOD_POLICY);
      for (let asked = 0; asked < 50; asked++) github.state.troubles.push({ kind: 'silence' });
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('by %s', async (signal) => {
      const ran = await run(bundle, { end: { signal, when: asked() } });
      expectNoAnswer(ran);
      expect(ran.log).toContain(signal);
    });

    it('by SIGKILL: nothing is left in the workspace, and post removes the folder of the step', async () => {
      const ran = await run(bundle, { end: { signal: 'SIGKILL', when: asked() } });
      expect(ran.signal).toBe('SIGKILL');
      expect(ran.outputs).not.toHaveProperty('receipt');
      expect(ran.left).toEqual({});
      expect(ran.state.started).toBe('true');
      expect(existsSync(ran.state.temp ?? '')).toBe(true);
      const post = await run(bundle, { env: { STATE_started: 'true', STATE_temp: ran.state.temp ?? '' } });
      expect({ code: post.code, outputs: post.outputs }).toEqual({ code: 0, outputs: {} });
      expect(await readdir(job.temp)).toEqual([]);
    });

    it('by its own deadline', async () => {
      const ran = await run(bundle, { preload: SHORT_DEADLINE });
      expectNoAnswer(ran);
      expect(ran.log).toMatch(/did not end within \d+ s/);
    });
  });

  describe('planted faults never end green', () => {
    beforeEach(() => serve(GOOD_POLICY));

    it.each([
      ['fetch throws a string', inFetch("throw 'no words'")],
      ['fetch rejects with undefined', inFetch('return Promise.reject(undefined)')],
      ['fetch rejects with null', inFetch('return Promise.reject(null)')],
      ['fetch rejects with an object without prototype', inFetch('return Promise.reject(Object.create(null))')],
      ['fetch throws what throws when it is looked at', inFetch("throw new Proxy({}, { get() { throw 'again' } })")],
      ['process.exit(0)', inFetch('process.exit(0)')],
      ['process.exitCode = 0 and exit', inFetch('process.exitCode = 0; process.exit()')],
      ['an unhandled rejection', inFetch("Promise.reject('lost'); return new Promise(() => {})")],
      ['an unhandled rejection of nothing', inFetch('Promise.reject(undefined); return new Promise(() => {})')],
      [
        'an exception outside of any promise',
        inFetch("setTimeout(() => { throw 'late' }); return new Promise(() => {})"),
      ],
      [
        'one that cannot even be read',
        inFetch("setTimeout(() => { throw new Proxy({}, { get() { throw 'again' } }) }); return new Promise(() => {})"),
      ],
      ['a promise that never comes', `${SHORT_DEADLINE}\n${inFetch('return new Promise(() => {})')}`],
      ['an event loop that runs dry', `${NO_DEADLINE}\n${inFetch('return new Promise(() => {})')}`],
    ])('%s', async (_name, preload) => {
      expectNoAnswer(await run(bundle, { preload }));
    });

    it.each(['GITHUB_OUTPUT', 'GITHUB_STATE'])('%s that is not there', async (variable) => {
      const ran = await run(bundle, { env: { [variable]: join(job.folder, 'nowhere') } });
      expect(ran.code).toBeGreaterThan(0);
      expect(ran.outputs).not.toHaveProperty('receipt');
    });
  });

  it('says no secret, however a library words its error', async () => {
    await serve(GOOD_POLICY);
    const ran = await run(bundle, { preload: inFetch(BLABBING) });
    expectNoAnswer(ran);
    expect(ran.log).toContain('blabbed');
    expect(secretsIn(ran, github.token)).toEqual([]);
  });

  const { blind } = ACTION_INPUTS[bundle.action] ?? {};
  const isGate = 'document' in bundle.inputs;
  const whenBlind = () => {
    beforeEach(() => serve(GOOD_POLICY));
    const inputs = (mode: string) => ({ ...validInputs(bundle), ...blind, mode });

    it('fails, with a document that says why and that its receipt names', async () => {
      const ran = await run(bundle, { inputs: inputs('enforce') });
      expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' } });
      const bytes = Buffer.from(ran.left[`tillgate-documents/${bundle.action}.json`] ?? '');
      const verdict = parseVerdict(bytes);
      expect(verdict).toMatchObject({ gate: bundle.action, outcome: 'inconclusive', facts: null });
      expect(verdict.findings.map(({ rule }) => rule)).toEqual(['frame/could-not-observe']);
      expect(decodeReceipt(ran.outputs.receipt ?? '')).toMatchObject({
        outcome: 'inconclusive',
        document: digestOf(bytes),
        release: verdict.subject.release,
      });
      expect(secretsIn(ran, github.token)).toEqual([]);
    });

    it('is green in mode report, and still inconclusive', async () => {
      expect(await run(bundle, { inputs: inputs('report') })).toMatchObject({
        code: 0,
        outputs: { outcome: 'inconclusive' },
      });
    });
  };
  if (isGate && blind) describe('when it cannot observe', whenBlind);

  const brokenReport = async () => {
    await serve('clases: {}\n');
    expectNoAnswer(await run(bundle, { inputs: { ...validInputs(bundle), mode: 'report' } }));
    expectNoAnswer(await run(bundle, { inputs: { mode: 'report' } }));
  };
  if (isGate) it('in mode report still fails without a policy: a broken gate is no report', brokenReport);
});

/** Fulfilled when GitHub has been asked something. */
async function asked(): Promise<void> {
  while (github.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

function bomb(): string {
  const layers = 'abcdefgh'.split('');
  return layers
    .map((name, depth) => {
      const inner = depth === 0 ? 'x' : `*${layers[depth - 1]}`;
      return `${name}: &${name} [${Array(9).fill(inner).join(', ')}]`;
    })
    .join('\n');
}
