import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { startGitHub } from './index.ts';

/** A forward proxy that leads every name to one port of this machine. */
async function startProxy(port: number) {
  const tunnelled: string[] = [];
  const sockets: Duplex[] = [];
  const proxy = createServer((_, response) => response.writeHead(400).end());
  proxy.on('connect', (request, client, head) => {
    tunnelled.push(request.url ?? '');
    sockets.push(client);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tunnelled,
    async stop() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, 'close');
    },
  };
}

describe('a proxy', () => {
  it('is used as the environment says, with NODE_USE_ENV_PROXY and not without', async () => {
    const github = await startGitHub({
      repo: 'corner-shops/shops',
      files: { a: 'x' },
      permissions: { contents: 'read' },
    });
    const proxy = await startProxy(Number(new URL(github.url).port));
    const client = pathToFileURL(join(import.meta.dirname, '../../../github/src/index.ts')).href;
    const script = `
      import { openApi, trustedFile } from ${JSON.stringify(client)};
      const api = openApi({ token: process.env.TOKEN, apiUrl: 'http://api.github.invalid', attempts: 1 });
      const file = await trustedFile(api, { owner: 'corner-shops', repo: 'shops', path: 'a' })
        .catch((error) => ({ commit: error.reason }));
      process.stdout.write(file.commit);`;
    const told = async (more: Record<string, string>) => {
      const env = { TOKEN: github.token, HTTP_PROXY: proxy.url, NO_PROXY: '', ...more };
      const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '--eval', script];
      const options = { env, cwd: import.meta.dirname, timeoutMs: 60_000 };
      return (await systemPrograms(silentLog).run(process.execPath, args, options)).stdout;
    };
    try {
      expect(await told({ NODE_USE_ENV_PROXY: '1' })).toBe(github.repository.branches.get('main'));
      expect(proxy.tunnelled).toContain('api.github.invalid:80');
      expect(await told({})).toBe('network');
    } finally {
      await proxy.stop();
      await github.stop();
    }
  });
});
