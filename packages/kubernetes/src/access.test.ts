import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openApi } from './api.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listening(server: Server): Promise<string> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API server that writes down who asks. */
async function apiServer(): Promise<{ address: string; asked: Record<string, string | string[] | undefined>[] }> {
  const asked: Record<string, string | string[] | undefined>[] = [];
  const server = createServer((request, response) => {
    const { authorization, 'impersonate-user': as } = request.headers;
    asked.push({ authorization, as });
    response.end('{"metadata":{"uid":"u-1"}}');
  });
  return { address: `http://${await listening(server)}`, asked };
}

function kubeconfig(server: string, user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server, 'insecure-skip-tls-verify': true, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
}

describe('who asks', () => {
  it.each([
    ['a token', { token: 't-1' }, { authorization: 'Bearer t-1' }],
    ['a name and a password', { username: 'ada', password: 'p' }, { authorization: `Basic ${btoa('ada:p')}` }],
    ['somebody else', { token: 't-1', as: 'eve' }, { authorization: 'Bearer t-1', as: 'eve' }],
    ['nobody', {}, {}],
  ])('is %s', async (_, user, headers) => {
    const { address, asked } = await apiServer();
    await openApi(kubeconfig(address, user)).uid();
    expect(asked).toEqual([{ authorization: undefined, as: undefined, ...headers }]);
  });

  it('is told by a program, which is asked again when what it told has expired', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tillgate-access-'));
    try {
      const { address, asked } = await apiServer();
      // Each time another token; the second is good for an hour.
      const script = `
        const [file, fs] = [process.argv[1], require('node:fs')];
        const count = fs.existsSync(file) ? 2 : 1;
        fs.writeFileSync(file, '');
        const expirationTimestamp = new Date(Date.now() + (count - 1.5) * 7_200_000).toISOString();
        const status = { token: process.env.PREFIX + count, expirationTimestamp };
        console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));`;
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: ['-e', script, join(folder, 'asked')],
        env: [{ name: 'PREFIX', value: 't-' }],
      };
      const api = openApi(kubeconfig(address, { exec }));
      for (let i = 0; i < 3; i++) await api.uid();
      expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer t-1', 'Bearer t-2', 'Bearer t-2']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is told by a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tillgate-access-'));
    try {
      const { address, asked } = await apiServer();
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, 't-3');
      await openApi(kubeconfig(address, { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } })).uid();
      expect(asked).toEqual([{ authorization: 'Bearer t-3', as: undefined }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is refused where nobody knows how to ask for credentials, and where a program does not run', async () => {
    const provider = { 'auth-provider': { name: 'oidc', config: { 'refresh-token': 'r' } } };
    expect(() => openApi(kubeconfig('http://127.0.0.1:9', provider))).toThrow(/auth-provider "oidc".*exec/);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/no/such/program' };
    await expect(openApi(kubeconfig('http://127.0.0.1:9', { exec }), { tries: 1 }).uid()).rejects.toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('is refused where a file that it names is not there', async () => {
    const user = { 'client-certificate': '/no/such/file', 'client-key': '/no/such/file' };
    await expect(openApi(kubeconfig('http://127.0.0.1:9', user)).uid()).rejects.toMatchObject({
      reason: 'kubeconfig',
      message: expect.stringContaining('/no/such/file'),
    });
  });
});

describe('the way to a cluster', () => {
  it('leads through the proxy that the kubeconfig names', async () => {
    const { address, asked } = await apiServer();
    const through: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      through.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const on = connect(Number(port), host);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      on.pipe(socket).pipe(on);
      for (const end of [on, socket]) end.on('error', () => {});
    });
    const api = openApi(kubeconfig(address, { token: 't' }, { 'proxy-url': `http://${await listening(proxy)}` }));
    expect(await api.uid()).toBe('u-1');
    expect(through).toEqual([new URL(address).host]);
    expect(asked).toHaveLength(1);
  });
});
