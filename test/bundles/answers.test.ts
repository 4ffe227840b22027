/** What single bundles answer when they get as far as an answer, over loopback. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeReceipt, digestOf, parseVerdict } from '@tillgate/release';
import { type GitHubStandIn, startGitHub } from '@tillgate/testbed/github';
import { COMMON_INPUTS, GOOD_POLICY, kubeconfig } from './inputs.ts';
import { secretsIn } from './leaks.ts';
import { BUNDLES, type Bundle, type Job, newJob, runBundle } from './run-bundle.ts';

const RUNNING = `sha256:${'c'.repeat(64)}`;
const bundle = (action: string) => BUNDLES.find((one) => one.action === action) as Bundle;

let job: Job;
let github: GitHubStandIn;
beforeEach(async () => {
  job = await newJob();
  const files = { '.github/release-policy.yml': GOOD_POLICY };
  github = await startGitHub({ repo: 'corner-shops/shops', files, permissions: { contents: 'read' } });
});
afterEach(async () => {
  await github.stop();
  await job.remove();
});

describe('observe-production', () => {
  let cluster: Server;
  let data: Record<string, string>;
  beforeEach(async () => {
    data = {
      environment: 'production',
      policy: digestOf(GOOD_POLICY),
      keys: '{"keys": []}',
      head: JSON.stringify({ sequence: 4, digest: RUNNING }),
    };
    cluster = createServer((request, response) => {
      const body = JSON.stringify(answers(data)[new URL(request.url ?? '', 'http://x').pathname] ?? { code: 404 });
      response.writeHead(body === '{"code":404}' ? 404 : 200, { 'content-type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(cluster, 'listening');
  });
  afterEach(() => {
    cluster.close();
    cluster.closeAllConnections();
  });
  const inputs = () => ({
    ...COMMON_INPUTS,
    namespace: 'shop',
    workload: 'odoo',
    kubeconfig: kubeconfig(`http://127.0.0.1:${(cluster.address() as AddressInfo).port}`),
    'github-token': github.token,
  });
  const run = () => runBundle(bundle('observe-production'), job, { inputs: inputs(), apiUrl: github.url });

  it('passes, with a document that its receipt names and facts that others can use', async () => {
    const ran = await run();
    expect(ran.log).not.toMatch(/^::error/m);
    expect(ran).toMatchObject({ code: 0, outputs: { outcome: 'pass', running: RUNNING } });
    const bytes = Buffer.from(ran.left['tillgate-documents/observe-production.json'] ?? '');
    expect(decodeReceipt(ran.outputs.receipt ?? '')).toMatchObject({ outcome: 'pass', document: digestOf(bytes) });
    expect(parseVerdict(bytes).facts).toMatchObject({
      identity: { clusterUid: 'uid-1', namespace: 'shop', workload: 'deployment/odoo' },
      running: [RUNNING],
      head: { sequence: 4, digest: RUNNING },
    });
    expect(ran.summary).toContain('pass');
    expect(secretsIn(ran, github.token)).toEqual([]);
  });

  it('fails under a policy that the environment does not accept', async () => {
    data.policy = digestOf('another');
    expect(await run()).toMatchObject({ code: 1, outputs: { outcome: 'fail' } });
  });

  it('lets nothing out of the cluster speak to the runner or break the summary', async () => {
    data.environment = 'x\n::set-output name=outcome::pass\n##[set-env]<img src=x> | @all';
    const ran = await run();
    expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'fail' } });
    expect(ran.log).not.toMatch(/^\s*::set-output|##\[/m);
    expect(ran.summary).not.toMatch(/<img|@all|##\[/);
    expect(ran.summary.split('\n').filter((line) => line.startsWith('| fail'))).toHaveLength(1);
  });

  it('says no secret that the cluster gives back', async () => {
    data.environment = JSON.parse(inputs().kubeconfig).users[0].user.token;
    const ran = await run();
    expect(ran.code).toBe(1);
    expect(secretsIn(ran, github.token)).toEqual([]);
  });
});

describe('release-decision', () => {
  const run = (receipts: unknown) =>
    runBundle(bundle('release-decision'), job, {
      inputs: { ...COMMON_INPUTS, receipts: JSON.stringify(receipts), 'github-token': github.token },
      apiUrl: github.url,
    });
  const document = async (name: string, bytes: string | Uint8Array) => {
    await mkdir(join(job.workspace, 'tillgate-documents'), { recursive: true });
    await writeFile(join(job.workspace, 'tillgate-documents', name), bytes);
  };

  it('is no-go without verdicts, says so of each gate, and leaves a decision but no record', async () => {
    const ran = await run({ checks: { result: 'skipped', outputs: {} } });
    expect(ran).toMatchObject({ code: 1, outputs: { decision: 'no-go', outcome: 'inconclusive' } });
    const reasons = JSON.parse(ran.outputs.reasons ?? '[]') as { code: string; gate: string }[];
    expect(reasons.map(({ code, gate }) => `${code} ${gate}`)).toEqual([
      'missing-verdict observe-production',
      'missing-verdict freeze-window-check',
      'missing-verdict image-scan-gate',
    ]);
    expect(Object.keys(ran.left).sort()).toEqual(['tillgate-decision/decision.json', 'tillgate-decision/decision.md']);
  });

  it('names the masked value when an outcome came without its receipt', async () => {
    const outputs = { 'image-scan-gate-outcome': 'pass', 'image-scan-gate-receipt': '' };
    const ran = await run({ checks: { result: 'success', outputs } });
    expect(ran.code).toBe(1);
    expect(ran.log).toMatch(/masked value.*\[dropped-receipt\]/);
  });

  it.each([
    ['{}', 'names no job'],
    ['needs', 'no JSON'],
  ])('refuses receipts that are %s', async (receipts, told) => {
    const ran = await runBundle(bundle('release-decision'), job, {
      inputs: { ...COMMON_INPUTS, receipts, 'github-token': github.token },
      apiUrl: github.url,
    });
    expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' }, left: {} });
    expect(ran.log).toContain(told);
  });

  it('refuses a document of 5 MB', async () => {
    await document('scan.json', Buffer.alloc(5_000_000, ' '));
    const ran = await run({ checks: { result: 'success', outputs: {} } });
    expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' } });
    expect(ran.log).toContain('5000000 bytes');
  });

  it('does not sign with a key that is none', async () => {
    const ran = await runBundle(bundle('release-decision'), job, {
      inputs: {
        ...COMMON_INPUTS,
        mode: 'sign',
        'signing-key': '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA==\n-----END PRIVATE KEY-----\n',
        receipts: JSON.stringify({ checks: { result: 'success', outputs: {} } }),
        'github-token': github.token,
      },
      apiUrl: github.url,
    });
    expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' }, left: {} });
    expect(ran.log).not.toContain('bm90IGEga2V5');
  });
});

/** An API server of a cluster with one settled workload. */
function answers(data: Record<string, string>): Record<string, unknown> {
  return {
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system', uid: 'uid-1' } },
    '/api/v1/namespaces/shop/configmaps/tillgate-environment': { metadata: { name: 'tillgate-environment' }, data },
    '/apis/apps/v1/namespaces/shop/deployments/odoo': {
      metadata: { name: 'odoo', generation: 1 },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'odoo' } },
        template: { spec: { containers: [{ name: 'odoo' }] } },
      },
      status: { observedGeneration: 1 },
    },
    '/api/v1/namespaces/shop/pods': {
      items: [
        {
          metadata: { name: 'odoo-1' },
          status: {
            conditions: [{ type: 'Ready', status: 'True' }],
            containerStatuses: [
              { name: 'odoo', image: 'odoo', imageID: `shop/odoo@${RUNNING}`, ready: true, restartCount: 0 },
            ],
          },
        },
      ],
    },
  };
}
