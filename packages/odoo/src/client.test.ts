import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Client, type ConnectOptions, connect } from './client.ts';
import type { OdooError } from './errors.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const KEY = '0123456789abcdef0123456789abcdef01234567';
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** A server that tells its version as Odoo does and leaves the rest to the handler. */
async function stand(handler: Handler, serie = '19.0', server: Server = createServer()): Promise<number> {
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/web/webclient/version_info') {
      return json(response, 200, { jsonrpc: '2.0', id: null, result: { server_serie: serie } });
    }
    return handler(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => server.close() && server.closeAllConnections() });
  return (server.address() as AddressInfo).port;
}

async function client(port: number, more: Partial<ConnectOptions> = {}): Promise<Client> {
  const connected = await connect({
    url: `http://127.0.0.1:${port}`,
    database: 'shop',
    login: 'till',
    secret: { apiKey: KEY },
    timeoutMs: 5_000,
    ...more,
  });
  opened.push(connected);
  return connected;
}

const failure = (work: Promise<unknown>): Promise<OdooError> =>
  work.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: OdooError) => error,
  );

describe('the client', () => {
  it('repeats a read that found nobody there, and never a write', async () => {
    const seen: string[] = [];
    const port = await stand((request, response) => {
      seen.push(request.url ?? '');
      if (seen.length === 1)
        return response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      if (request.url?.endsWith('/write')) return response.destroy();
      return json(response, 200, 7);
    });
    const odoo = await client(port);
    expect(await odoo.call('res.partner', 'search_count', { domain: [] })).toBe(7);
    expect(seen).toHaveLength(2);
    const lost = await failure(odoo.call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(seen).toHaveLength(3);
    expect(lost).toMatchObject({ reason: 'network', outcomeUnknown: true });
  });

  it('knows that nothing happened where nobody listens', async () => {
    const port = await stand((_, response) => json(response, 200, 1));
    const odoo = await client(port);
    for (const each of opened.splice(0)) each.close();
    const error = await failure(odoo.call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(error).toMatchObject({ reason: 'network', outcomeUnknown: false });
  });

  it('follows no redirect, and sends the key nowhere else', async () => {
    const other: string[] = [];
    const stranger = await stand((request, response) => {
      other.push(JSON.stringify(request.headers));
      json(response, 200, 1);
    });
    const port = await stand((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${stranger}/steal?key=x` }).end(),
    );
    const error = await failure((await client(port)).call('res.partner', 'search_count', {}));
    expect(error.reason).toBe('not-odoo');
    expect(error.message).toContain(`http://127.0.0.1:${stranger}/steal`);
    expect(other).toEqual([]);
  });

  it.each([
    ['an HTML login page', 200, 'text/html', '<form action="/login">', 'not-odoo'],
    ['a gateway that found nobody', 503, 'text/html', 'sorry', 'unavailable'],
    ['JSON of somebody else', 500, 'application/json', '{"oops":1}', 'not-odoo'],
    ['broken JSON', 200, 'application/json', '{"a":', 'not-odoo'],
  ])('tells %s from Odoo', async (_, status, type, body, reason) => {
    const port = await stand((__, response) => response.writeHead(status, { 'content-type': type }).end(body));
    const error = await failure((await client(port)).call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(error.reason).toBe(reason);
  });

  it('ends a call at its deadline and when it is cancelled', async () => {
    const arrived = Promise.withResolvers<void>();
    const port = await stand((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('['); // the rest never comes
      arrived.resolve();
    });
    const late = await failure((await client(port, { timeoutMs: 300 })).call('res.partner', 'search', { domain: [] }));
    expect(late).toMatchObject({ reason: 'timeout', outcomeUnknown: true });
    const cancel = new AbortController();
    const odoo = await client(port, { signal: cancel.signal });
    const waiting = failure(odoo.call('res.partner', 'write', { ids: [1], vals: {} }));
    await arrived.promise;
    cancel.abort();
    expect((await waiting).reason).toBe('cancelled');
  });

  it('tells neither traceback nor key', async () => {
    const told = {
      name: 'builtins.KeyError',
      message: `bearer ${KEY} was sent\nTraceback (most recent call last)\n  File "/srv/secret.py"`,
      debug: `Traceback: ${KEY}`,
    };
    const port = await stand((_, response) => json(response, 500, told));
    const error = await failure((await client(port)).call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(error).toMatchObject({ reason: 'broken', exception: 'builtins.KeyError', status: 500 });
    expect(error.message).toBe('res.partner.write: KeyError: bearer *** was sent');
    expect(JSON.stringify(error) + String(error.stack) + String(error.cause)).not.toContain(KEY);
  });

  it('does not read an answer without end', async () => {
    const port = await stand((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(2 ** 20, ' ')));
      };
      response.on('drain', pour);
      pour();
    });
    const error = await failure((await client(port)).call('res.partner', 'write', { ids: [1], vals: {} }));
    expect(error.reason).toBe('too-large');
  });

  it('speaks JSON-RPC to Odoo 16 to 18, whose exceptions come with status 200', async () => {
    const port = await stand((_, response, body) => {
      const { params } = JSON.parse(body) as { params: { method: string; args: unknown[] } };
      if (params.method === 'authenticate') return json(response, 200, { jsonrpc: '2.0', result: 2 });
      const data = { name: 'odoo.exceptions.UserError', message: 'No.', debug: 'Traceback …' };
      if (params.args[4] === 'unlink') return json(response, 200, { jsonrpc: '2.0', error: { code: 200, data } });
      if (params.args[4] === 'action_confirm') return json(response, 200, { jsonrpc: '2.0', id: null });
      return json(response, 200, { jsonrpc: '2.0', result: params.args.slice(3) });
    }, '17.0');
    const odoo = await client(port);
    expect([odoo.version, odoo.transport]).toEqual(['17.0', 'json-rpc']);
    expect(await odoo.call('a', 'create', { vals_list: [{ n: 1 }] })).toEqual(['a', 'create', [[{ n: 1 }]], {}]);
    expect(await odoo.call('a', 'write', { ids: [4], vals: { n: 1 } })).toEqual([
      'a',
      'write',
      [[4]],
      { vals: { n: 1 } },
    ]);
    expect(await odoo.call('a', 'search', { domain: [['n', '=', 1]], limit: 2 })).toEqual([
      'a',
      'search',
      [[['n', '=', 1]]],
      { limit: 2 },
    ]);
    expect(await odoo.call('a', 'action_confirm', { ids: [4] })).toBeNull();
    expect(await failure(odoo.call('a', 'unlink', { ids: [4] }))).toMatchObject({ reason: 'refused', status: 200 });
  });

  it('refuses what cannot work before it sends a secret', async () => {
    const port = await stand(() => undefined, '18.0');
    const at = (more: Partial<ConnectOptions>) => failure(client(port, more));
    expect((await at({ transport: 'json-2' })).message).toContain('version 19 is the first');
    expect((await at({ url: `http://user:${KEY}@127.0.0.1:${port}` })).message).not.toContain(KEY);
    expect((await at({ url: 'shop.example' })).reason).toBe('bad-call');
  });

  it('believes a private authority it was given, and no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ca-'));
    opened.push({ close: () => rmSync(folder, { recursive: true }) });
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=shop', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const ca = readFileSync(cert, 'utf8');
    const secure = createSecureServer({ key: readFileSync(key), cert: ca });
    const port = await stand((_, response) => json(response, 200, 3), '19.0', secure as unknown as Server);
    const url = `https://127.0.0.1:${port}`;
    const odoo = await client(port, { url, ca });
    expect(await odoo.call('res.partner', 'search_count', { domain: [] })).toBe(3);
    const error = await failure(client(port, { url }));
    expect(error.reason).toBe('network');
    expect(error.message).toContain('private authority');
    const misnamed = await failure(client(port, { url: `https://localhost:${port}`, ca }));
    expect(misnamed.reason).toBe('network');
  });
});

describe('a guest of the website', () => {
  const page = (response: ServerResponse, text: string, more: Record<string, string | string[]> = {}) =>
    response.writeHead(200, { 'content-type': 'text/html', ...more }).end(text);

  it('keeps the cookies of the website and shows no key there', async () => {
    const seen: string[] = [];
    const port = await stand((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.cookie ?? ''}`);
      expect(JSON.stringify(request.headers)).not.toContain(KEY);
      if (request.method === 'GET')
        return page(response, 'a kettle', { 'set-cookie': ['session_id=s1; HttpOnly', 'lang=en; Path=/'] });
      return json(response, 200, { jsonrpc: '2.0', result: { cart_quantity: 3 } });
    });
    const guest = (await client(port)).guest();
    expect(await guest.page('/shop/kettle-7')).toBe('a kettle');
    expect(await guest.call('/shop/cart/add', { quantity: 3 })).toEqual({ cart_quantity: 3 });
    expect(seen).toEqual(['GET /shop/kettle-7 ', 'POST /shop/cart/add session_id=s1; lang=en']);
  });

  it('names the database where the server has several', async () => {
    let database: string | undefined;
    const port = await stand((request, response) => {
      const url = new URL(request.url ?? '', 'http://shop');
      if (url.pathname === '/web/login') {
        database = url.searchParams.get('db') ?? undefined;
        return page(response, 'log in');
      }
      if (database === undefined) {
        return response.writeHead(404, { 'content-type': 'text/html' }).end('<p>No database is selected and …</p>');
      }
      return page(response, `a kettle of ${database}`);
    });
    expect(await (await client(port)).guest().page('/shop/kettle-7')).toBe('a kettle of shop');
  });

  it('follows a redirect on the same server, and to no other', async () => {
    const port = await stand((request, response) => {
      if (request.url === '/old') return response.writeHead(301, { location: '/new?lang=en' }).end();
      if (request.url === '/away') return response.writeHead(302, { location: 'https://login.example/' }).end();
      if (request.url === '/round') return response.writeHead(302, { location: '/round' }).end();
      return page(response, request.url ?? '');
    });
    const guest = (await client(port)).guest();
    expect(await guest.page('/old')).toBe('/new?lang=en');
    expect(await failure(guest.page('/away'))).toMatchObject({ reason: 'not-odoo' });
    expect(await failure(guest.page('/round'))).toMatchObject({ reason: 'not-odoo' });
  });

  it.each([
    [404, 'not-found'],
    [403, 'forbidden'],
    [500, 'broken'],
    [503, 'unavailable'],
  ])('tells a page that answers %d', async (status, reason) => {
    const port = await stand((_, response) => response.writeHead(status, { 'content-type': 'text/html' }).end('no'));
    expect((await failure((await client(port)).guest().page('/shop'))).reason).toBe(reason);
  });

  it('tells what a route refuses, and repeats nothing', async () => {
    let calls = 0;
    const port = await stand((_, response) => {
      calls += 1;
      const data = { name: 'odoo.exceptions.UserError', message: 'The given product does not exist.' };
      return json(response, 200, { jsonrpc: '2.0', error: { code: 200, data } });
    });
    const refused = await failure((await client(port)).guest().call('/shop/cart/add', {}));
    expect(refused).toMatchObject({ reason: 'refused', message: expect.stringContaining('does not exist') });
    expect(calls).toBe(1);
  });
});
