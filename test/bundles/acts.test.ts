/** What the frame promises, asked of every bundle that knows a cluster and no policy, as it is committed. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CLUSTER_TOKEN, kubeconfig, SIGNING_KEY } from './inputs.ts';
import { secretsIn } from './leaks.ts';
import { BUNDLES, type Job, newJob, type Ran, runBundle, type Step } from './run-bundle.ts';

const TOKEN = 'ghs_nobodynobodynobody';
const ACTS = BUNDLES.filter(({ inputs }) => !('policy' in inputs));

let job: Job;
let cluster: Server;
let asked: string[];
let answer: (path: string) => { status: number; body: string } | undefined;
beforeEach(async () => {
  job = await newJob();
  asked = [];
  answer = () => ({
    status: 404,
    body: JSON.stringify({ kind: 'Status', code: 404, message: `no, ${CLUSTER_TOKEN}` }),
  });
  cluster = createServer((request, response) => {
    asked.push(request.url ?? '');
    const told = answer(request.url ?? '');
    if (told) response.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body);
  }).listen(0, '127.0.0.1');
  await once(cluster, 'listening');
  await writeFile(join(job.workspace, 'record.json'), '{}');
});
afterEach(async () => {
  cluster.close();
  cluster.closeAllConnections();
  await job.remove();
});

const INPUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'canary-deploy': { record: 'record.json' },
  rollback: { reason: 'wrong prices', execute: 'true', confirm: 'production' },
};

it('there are acts', () => {
  expect(ACTS.map(({ action }) => action)).toEqual(['canary-deploy', 'rollback']);
});

describe.each(ACTS.map((bundle) => [bundle.action, bundle] as const))('%s', (action, bundle) => {
  const inputs = () => ({
    namespace: 'shop',
    workload: 'deployment/odoo',
    kubeconfig: kubeconfig(`http://127.0.0.1:${(cluster.address() as AddressInfo).port}`),
    'signing-key': SIGNING_KEY,
    'github-token': TOKEN,
    ...INPUTS[action],
  });
  const run = (step: Partial<Step> = {}) => runBundle(bundle, job, { inputs: inputs(), ...step });
  const expectNotGreen = (ran: Ran) => {
    expect({ code: ran.code, signal: ran.signal }).toEqual({ code: 1, signal: null });
    expect(['fail', 'inconclusive']).toContain(ran.outputs.outcome);
    expect(Object.keys(ran.left)).toEqual(['record.json']);
    expect(ran.log).toMatch(/^::error /m);
    expect(secretsIn(ran, TOKEN)).toEqual([]);
  };

  it('names all inputs that are missing at once, and asks nothing of the cluster', async () => {
    const ran = await run({ inputs: {} });
    expectNotGreen(ran);
    const required = Object.entries(bundle.inputs).filter(([, input]) => input.required);
    for (const [name] of required) expect(ran.log).toContain(`${name} is missing or empty.`);
    expect(asked).toEqual([]);
  });

  it('refuses inputs that do not exist, whatever they would relax', async () => {
    const ran = await run({ inputs: { ...inputs(), keys: '{}', 'skip-analysis': 'true', head: 'x' } });
    expectNotGreen(ran);
    for (const name of ['keys', 'skip-analysis', 'head'])
      expect(ran.log).toContain(`${name} is no input of this action.`);
    expect(asked).toEqual([]);
  });

  it('refuses what is no Deployment', async () => {
    const ran = await run({ inputs: { ...inputs(), workload: 'statefulset/odoo' } });
    expectNotGreen(ran);
    expect(ran.log).toContain('StatefulSet');
    expect(asked).toEqual([]);
  });

  it('says what is missing in a cluster that has nothing', async () => {
    const ran = await run();
    expectNotGreen(ran);
    expect(ran.log).toMatch(/tillgate-environment|kube-system/);
    expect(asked.some((path) => path.includes('tillgate-environment'))).toBe(true);
  });

  it.each([
    [401, /401/],
    [403, /403/],
    [500, /500/],
  ])('ends red where the API server answers %d', async (status, told) => {
    answer = () => ({
      status,
      body: JSON.stringify({ kind: 'Status', code: status, message: `no, ${CLUSTER_TOKEN}` }),
    });
    const ran = await run();
    expectNotGreen(ran);
    expect(ran.log).toMatch(told);
  });

  it.each([
    ['a page', '<html>Sign in</html>'],
    ['null', 'null'],
    ['a list', '[]'],
  ])('ends red where %s comes back', async (_, body) => {
    answer = () => ({ status: 200, body });
    expectNotGreen(await run());
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends in time by %s, while nobody answers', async (signal) => {
    answer = () => undefined;
    const began = Promise.withResolvers<void>();
    cluster.on('request', () => began.resolve());
    expectNotGreen(await run({ end: { signal, when: began.promise } }));
  });

  it('leaves nothing after SIGKILL, once post has run', async () => {
    answer = () => undefined;
    const began = Promise.withResolvers<void>();
    cluster.on('request', () => began.resolve());
    const ran = await run({ end: { signal: 'SIGKILL', when: began.promise } });
    expect(ran.signal).toBe('SIGKILL');
    expect(existsSync(ran.state.temp ?? '')).toBe(true);
    await run({ env: { STATE_started: 'true', STATE_temp: ran.state.temp ?? '' } });
    expect(await readdir(job.temp)).toEqual([]);
  });

  it.each([
    ['a public key', 'PUBLIC'],
    ['no key at all', 'nothing'],
  ])('asks nothing of the cluster with %s', async (_, key) => {
    const ran = await run({ inputs: { ...inputs(), 'signing-key': key } });
    expectNotGreen(ran);
  });
});
