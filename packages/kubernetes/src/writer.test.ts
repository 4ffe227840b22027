import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { KubernetesError } from './errors.ts';
import type { Ref } from './kinds.ts';
import { openWriter, type Writer } from './writer.ts';

const TOKEN = 'token-of-the-deployer';
const REF: Ref = { kind: 'Deployment', namespace: 'shop', name: 'odoo' };
const PATH = '/apis/apps/v1/namespaces/shop/deployments/odoo';

interface Asked {
  method: string;
  url: string;
  type: string | undefined;
  authorization: string | undefined;
  body: unknown;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener, options: { timeoutMs?: number; tries?: number } = {}) {
  const asked: Asked[] = [];
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { method = '', url = '', headers } = request;
    asked.push({
      method,
      url,
      type: headers['content-type'],
      authorization: headers.authorization,
      body: text && JSON.parse(text),
    });
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/`;
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: TOKEN } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
  return { asked, writer: openWriter(kubeconfig, { manager: 'tillgate', tries: 1, ...options }) };
}

const answering =
  (code: number, body: unknown, headers = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(code, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
const thrownBy = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error as KubernetesError,
  );

describe('what is written', () => {
  it('is applied under our name and not by force, with whole names', async () => {
    const { asked, writer } = await serve(answering(200, { metadata: { name: 'odoo' } }));
    await writer.apply(REF, { metadata: { resourceVersion: '7' }, spec: { replicas: 2 } });
    await writer.patch(REF, 'merge', { spec: {} });
    await writer.patch(REF, 'json', []);
    await writer.create(REF, { metadata: {} });
    await writer.remove(REF, { uid: 'u', resourceVersion: '8' });
    const authorization = `Bearer ${TOKEN}`;
    expect(asked).toEqual([
      {
        method: 'PATCH',
        url: `/k8s${PATH}?fieldManager=tillgate&force=false`,
        type: 'application/apply-patch+yaml',
        authorization,
        body: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { resourceVersion: '7', namespace: 'shop', name: 'odoo' },
          spec: { replicas: 2 },
        },
      },
      {
        method: 'PATCH',
        url: `/k8s${PATH}?fieldManager=tillgate`,
        type: 'application/merge-patch+json',
        authorization,
        body: { spec: {} },
      },
      {
        method: 'PATCH',
        url: `/k8s${PATH}?fieldManager=tillgate`,
        type: 'application/json-patch+json',
        authorization,
        body: [],
      },
      {
        method: 'POST',
        url: '/k8s/apis/apps/v1/namespaces/shop/deployments?fieldManager=tillgate',
        type: 'application/json',
        authorization,
        body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'shop', name: 'odoo' } },
      },
      {
        method: 'DELETE',
        url: `/k8s${PATH}`,
        type: 'application/json',
        authorization,
        body: { propagationPolicy: 'Background', preconditions: { uid: 'u', resourceVersion: '8' } },
      },
    ]);
    expect(writer.requests).toBe(5);
  });
});

describe('what is not there', () => {
  it('is undefined when read, and no error when it is to be removed', async () => {
    const { writer } = await serve(answering(404, { kind: 'Status', reason: 'NotFound' }));
    expect(await writer.read(REF)).toBeUndefined();
    await writer.remove(REF, { uid: 'u' });
    expect(await thrownBy(writer.patch(REF, 'merge', {}))).toMatchObject({ reason: 'not-found' });
  });
});

describe('a refusal', () => {
  // As a real API server words it.
  const owned = {
    kind: 'Status',
    reason: 'Conflict',
    message: 'Apply failed with 1 conflict',
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "argocd-controller" using apps/v1',
          field: '.spec.replicas',
        },
      ],
    },
    code: 409,
  };
  it('names who owns the field', async () => {
    const { writer } = await serve(answering(409, owned));
    const error = await thrownBy(writer.apply(REF, {}));
    expect(error).toMatchObject({
      reason: 'conflict',
      retriable: false,
      owners: [{ manager: 'argocd-controller', field: '.spec.replicas' }],
    });
    expect(error?.message).toContain('.spec.replicas belongs to "argocd-controller"');
  });

  it.each([
    [409, { reason: 'Conflict', message: 'the object has been modified' }, 'conflict', false],
    [409, { reason: 'AlreadyExists' }, 'exists', false],
    [422, { reason: 'Invalid', message: 'spec.replicas: must be a number' }, 'invalid', false],
    [403, { reason: 'Forbidden', message: 'denied request: by digest only' }, 'forbidden', false],
    [401, { reason: 'Unauthorized' }, 'unauthorized', false],
    [500, { reason: 'InternalError' }, 'server', true],
    [503, 'no healthy upstream', 'server', true],
    [504, { reason: 'Timeout' }, 'server', true],
  ])('%d %j is %s', async (code, body, reason, retriable) => {
    const { writer } = await serve(answering(code, body));
    const error = await thrownBy(writer.patch(REF, 'merge', {}));
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error).toMatchObject({ reason, retriable });
    expect(error?.message).not.toContain(TOKEN);
  });

  it('for being too busy says when to come back, within reason', async () => {
    const { writer } = await serve(answering(429, {}, { 'retry-after': '3' }));
    expect(await thrownBy(writer.read(REF))).toMatchObject({
      reason: 'throttled',
      retriable: true,
      retryAfterMs: 3_000,
    });
    server?.close();
    const { writer: other } = await serve(answering(429, {}, { 'retry-after': '86400' }));
    expect(await thrownBy(other.read(REF))).toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe('a failure that passes', () => {
  it('is tried again, after the time that the server asks for, but not for ever', async () => {
    let count = 0;
    const twice: RequestListener = (request, response) => {
      count++;
      if (count === 1) request.socket.destroy();
      else if (count === 2) answering(429, {}, { 'retry-after': '0' })(request, response);
      else answering(200, { metadata: { name: 'odoo' } })(request, response);
    };
    const { writer } = await serve(twice, { tries: 3 });
    expect(await writer.read(REF)).toEqual({ metadata: { name: 'odoo' } });
    expect(count).toBe(3);
    count = 0;
    server?.close();
    const { writer: other, asked } = await serve(answering(500, {}), { tries: 2 });
    expect(await thrownBy(other.read(REF))).toMatchObject({ reason: 'server' });
    expect(asked).toHaveLength(2);
  });

  it('is not one that stays: a refusal is told at once', async () => {
    const { writer, asked } = await serve(answering(409, { reason: 'Conflict' }), { tries: 3 });
    expect(await thrownBy(writer.patch(REF, 'merge', {}))).toMatchObject({ reason: 'conflict' });
    expect(asked).toHaveLength(1);
  });
});

describe('a watch', () => {
  const event = (name: string) => `${JSON.stringify({ type: 'MODIFIED', object: { metadata: { name } } })}\n`;

  it('tells an object whenever it is written, until the signal says stop', async () => {
    const stop = new AbortController();
    let write: ((text: string) => void) | undefined;
    const { asked, writer } = await serve((_, response) => {
      response.writeHead(200).write(event('first'));
      write = (text) => response.write(text);
    });
    const told: string[] = [];
    await writer.watch(
      REF,
      ({ metadata: { name } }) => {
        told.push(name);
        if (told.length === 1) write?.(event('second'));
        else stop.abort();
      },
      stop.signal,
    );
    expect(told).toEqual(['first', 'second']);
    const query = 'fieldSelector=metadata.name%3Dodoo&watch=true&timeoutSeconds=300';
    expect(asked.map(({ url }) => url)).toEqual([`/k8s/apis/apps/v1/namespaces/shop/deployments?${query}`]);
  });

  it('ends where the server ends it, and is an error where it may not be, or the line is cut', async () => {
    const never = new AbortController().signal;
    const watching = async (listener: RequestListener) => {
      const { writer } = await serve(listener);
      const ended = await thrownBy(writer.watch(REF, () => undefined, never));
      server?.close();
      return ended?.reason;
    };
    expect(await watching((_, response) => void response.writeHead(200).end(event('last')))).toBeUndefined();
    expect(await watching(answering(403, { message: 'cannot watch' }))).toBe('forbidden');
    expect(await watching((request) => void request.socket.destroy())).toBe('unreachable');
  });
});

describe('no answer', () => {
  it('within the time given is a time-out, and may have been done', async () => {
    const { writer } = await serve(() => {}, { timeoutMs: 50 });
    expect(await thrownBy(writer.patch(REF, 'merge', {}))).toMatchObject({ reason: 'timeout', retriable: true });
  });

  it('because the line was cut, or nobody is there', async () => {
    const { writer } = await serve((request) => void request.socket.destroy());
    expect(await thrownBy(writer.read(REF))).toMatchObject({ reason: 'unreachable', retriable: true });
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
    expect(await thrownBy(writer.read(REF))).toMatchObject({ reason: 'unreachable' });
  });

  it('but a page is no API server', async () => {
    const { writer } = await serve(answering(200, '<html>Sign in</html>'));
    expect(await thrownBy(writer.read(REF))).toMatchObject({
      reason: 'server',
      message: expect.stringContaining('no API server'),
    });
  });
});

describe('the time', () => {
  const dated = answering(200, { metadata: { name: 'x' }, items: [] }, { date: 'Fri, 20 Nov 2026 10:00:00 GMT' });
  const told = Date.parse('2026-11-20T10:00:00Z');
  // The machine's own clock is far off; how long the test itself takes is of no account.
  const near = async (writer: Writer) => Math.abs((await writer.now()) - told - 500);

  it('is that of the server, asked for where no answer was had yet', async () => {
    const { asked, writer } = await serve(dated);
    expect(await near(writer)).toBeLessThan(60_000);
    expect(asked.map(({ url }) => url)).toEqual(['/k8s/version']);
    await writer.list('Pod', 'shop', 'app=odoo');
    expect(await near(writer)).toBeLessThan(60_000);
    expect(asked.map(({ url }) => url)).toEqual([
      '/k8s/version',
      '/k8s/api/v1/namespaces/shop/pods?labelSelector=app%3Dodoo',
    ]);
  });
});
