import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openCluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const TOKEN = 'token-of-the-observer';

/** Answers of an API server by path; what is not here is a 404 as Kubernetes words it. */
let answers: Record<string, { status?: number; body: unknown }>;
let asked: { path: string; authorization: string | undefined }[];
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    const { status, body } = answers[pathname] ?? {
      status: 404,
      body: { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 },
    };
    response
      .writeHead(status ?? 200, { 'content-type': 'application/json' })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  answers = {};
  asked = [];
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function cluster() {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return openCluster(
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'k', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: { token: TOKEN } }],
      contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    }),
    { tries: 1 },
  );
}

const POD = (name: string, imageID: string | undefined, more: Record<string, unknown> = {}) => ({
  metadata: { name, ...(more.metadata as object) },
  status: {
    conditions: [{ type: 'Ready', status: more.ready ?? 'True' }],
    containerStatuses: [
      { name: 'sidecar', image: 's', imageID: `s@sha256:${'5'.repeat(64)}`, ready: true, restartCount: 0 },
      { name: 'odoo', image: 'odoo', imageID, ready: true, restartCount: 0 },
    ],
  },
});
function scene(pods: unknown[], generation: [number, number] = [2, 2]) {
  answers['/apis/apps/v1/namespaces/shop/deployments/odoo'] = {
    body: {
      metadata: { name: 'odoo', generation: generation[0] },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'odoo', tier: 'web' } },
        template: {
          spec: {
            containers: [
              { name: 'odoo', image: 'shop/odoo:19' },
              { name: 'sidecar', image: 's' },
            ],
          },
        },
      },
      status: { observedGeneration: generation[1] },
    },
  };
  answers['/api/v1/namespaces/shop/pods'] = { body: { items: pods } };
}

describe('a workload', () => {
  // imageID as the runtimes write it: containerd and CRI-O a name with digest, Docker's shim with a scheme.
  it.each([
    ['containerd', `registry.example/shop/odoo@${DIGEST}`, DIGEST],
    ['containerd with a port', `localhost:5000/shop/odoo@${DIGEST}`, DIGEST],
    ['CRI-O', `quay.example/shop/odoo@${DIGEST}`, DIGEST],
    ["Docker's shim", `docker-pullable://shop/odoo@${DIGEST}`, DIGEST],
    ["an image built on the node under Docker's shim, which has an id and no digest", `docker://${DIGEST}`, undefined],
    ['an image imported on the node, which has an id and no digest', DIGEST, undefined],
    ['a pod that has not started', '', undefined],
    ['a pod that tells nothing', undefined, undefined],
    ['a digest cut off', `shop/odoo@${DIGEST.slice(0, -1)}`, undefined],
    ['a tag', 'shop/odoo:17', undefined],
  ])('under %s', async (_, imageID, digest) => {
    scene([POD('odoo-1', imageID)]);
    expect((await cluster().deployment('shop', 'odoo'))?.ready).toEqual([{ pod: 'odoo-1', digest }]);
  });

  it('is told by its ready pods only, by its main container, found by its own labels', async () => {
    scene([
      POD('ready', `x@${DIGEST}`),
      POD('not-ready', `x@${DIGEST}`, { ready: 'False' }),
      POD('leaving', `x@${DIGEST}`, { metadata: { deletionTimestamp: '2026-11-27T05:00:00Z' } }),
    ]);
    expect(await cluster().deployment('shop', 'odoo')).toEqual({
      desiredReplicas: 2,
      settled: true,
      container: 'odoo',
      image: 'shop/odoo:19',
      podTemplate: expect.stringMatching(/^sha256:/),
      ready: [{ pod: 'ready', digest: DIGEST }],
    });
    expect(asked.map(({ path }) => decodeURIComponent(path))).toContain(
      '/api/v1/namespaces/shop/pods?labelSelector=app=odoo,tier=web',
    );
    expect(asked.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  it('is told by another container where that is the one released', async () => {
    scene([POD('ready', `x@${DIGEST}`)]);
    const seen = await cluster().deployment('shop', 'odoo', 'sidecar');
    expect(seen).toMatchObject({ container: 'sidecar', image: 's', ready: [{ digest: `sha256:${'5'.repeat(64)}` }] });
    expect(await cluster().deployment('shop', 'odoo', 'gone')).toMatchObject({
      podTemplate: null,
      ready: [{ digest: undefined }],
    });
  });

  it('is not settled while its controller has not seen the newest specification', async () => {
    scene([], [3, 2]);
    expect(await cluster().deployment('shop', 'odoo')).toMatchObject({ settled: false, ready: [] });
  });
});

describe('what is not there', () => {
  it('is undefined, for a workload and for a ConfigMap', async () => {
    expect(await cluster().deployment('shop', 'odoo')).toBeUndefined();
    expect(await cluster().configMap('shop', 'x')).toBeUndefined();
  });

  it('is empty data for a ConfigMap without any', async () => {
    answers['/api/v1/namespaces/shop/configmaps/x'] = { body: { metadata: { name: 'x' } } };
    expect(await cluster().configMap('shop', 'x')).toEqual({});
  });

  it('is an error for the namespace that gives the cluster its identity', async () => {
    await expect(cluster().uid()).rejects.toMatchObject({ reason: 'not-found' });
    answers['/api/v1/namespaces/kube-system'] = { body: { metadata: {} } };
    await expect(cluster().uid()).rejects.toThrow('no Kubernetes API server');
    answers['/api/v1/namespaces/kube-system'] = { body: { metadata: { uid: 'u-1' } } };
    expect(await cluster().uid()).toBe('u-1');
  });
});

describe('an API server that does not answer as asked', () => {
  it.each([
    [401, 'unauthorized', /expired/],
    [403, 'forbidden', /observe\.yaml/],
    [429, 'throttled', /too busy/],
    [500, 'server', /answered 500/],
  ] as const)('%d', async (status, reason, told) => {
    for (const path of ['/apis/apps/v1/namespaces/shop/deployments/odoo', '/api/v1/namespaces/shop/configmaps/x'])
      answers[path] = { status, body: { kind: 'Status', message: `no, ${TOKEN}`, code: status } };
    for (const ask of [() => cluster().deployment('shop', 'odoo'), () => cluster().configMap('shop', 'x')]) {
      const error = await ask().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(KubernetesError);
      expect(error).toMatchObject({ reason, message: expect.stringMatching(told) });
      expect((error as Error).message).not.toContain(TOKEN);
    }
  });

  it('with a page', async () => {
    answers['/api/v1/namespaces/kube-system'] = { body: '<html>Sign in</html>' };
    await expect(cluster().uid()).rejects.toBeInstanceOf(KubernetesError);
  });
});
