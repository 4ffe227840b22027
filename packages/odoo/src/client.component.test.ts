import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needOdoo, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { type Client, type ConnectOptions, connect } from './client.ts';
import type { OdooError } from './errors.ts';

const failure = (work: Promise<unknown>): Promise<OdooError> =>
  work.then(
    () => Promise.reject(new Error('It did not fail.')),
    (error: OdooError) => error,
  );

((await needOdoo()) ? describe : describe.skip)('the client with a real Odoo 19', () => {
  let odoo: Odoo;
  const at = (more: Partial<ConnectOptions> = {}) =>
    connect({ url: odoo.url, database: odoo.database, login: 'admin', secret: { apiKey: odoo.apiKey }, ...more });
  beforeAll(async () => {
    odoo = await startOdoo();
  }, 600_000);
  afterAll(() => odoo?.stop());

  describe.each(['json-2', 'json-rpc'] as const)('over %s', (transport) => {
    let client: Client;
    beforeAll(async () => {
      client = await at({ transport });
    });
    afterAll(() => client?.close());

    it('creates, reads, writes and deletes', async () => {
      const ids = (await client.call('res.partner', 'create', { vals_list: [{ name: 'A customer' }] })) as number[];
      await client.call('res.partner', 'write', { ids, vals: { name: 'Another' } });
      expect(await client.call('res.partner', 'read', { ids, fields: ['name'] })).toEqual([
        { id: ids[0], name: 'Another' },
      ]);
      await client.call('res.partner', 'unlink', { ids });
      expect(await client.call('res.partner', 'search_count', { domain: [['id', 'in', ids]] })).toBe(0);
    });

    it.each([
      ['a user error', 'res.partner', 'create', { vals_list: [{}] }, 'refused'],
      ['a private method', 'res.partner', '_compute_display_name', { ids: [1] }, 'forbidden'],
      ['an unknown field', 'res.partner', 'search_read', { domain: [], fields: ['no_such_field'] }, 'broken'],
    ])('tells %s', async (_, model, method, args, reason) => {
      const error = await failure(client.call(model, method, args));
      expect(error.reason).toBe(reason);
      expect(error.message).not.toMatch(/Traceback|File "/);
    });

    it('tells a wrong database', async () => {
      const error = await failure(
        at({ transport, database: 'no_such_database' }).then((other) =>
          other.call('res.users', 'search_count', { domain: [] }),
        ),
      );
      expect(error.reason).toBe('no-database');
    });

    it('tells a wrong key', async () => {
      const error = await failure(
        at({ transport, secret: { apiKey: '0'.repeat(40) } }).then((other) =>
          other.call('res.users', 'search_count', { domain: [] }),
        ),
      );
      expect(error.reason).toBe('unauthorized');
    });
  });

  it('tells unknown models and methods over JSON-2', async () => {
    const client = await at();
    expect(client).toMatchObject({ version: '19.0', transport: 'json-2' });
    expect((await failure(client.call('no.such.model', 'search', {}))).reason).toBe('not-found');
    expect((await failure(client.call('res.partner', 'no_such_method', {}))).reason).toBe('not-found');
    expect((await failure(client.call('res.partner', 'search', { no_such: 1 }))).reason).toBe('bad-call');
    client.close();
  });

  it('lets a user in with a password over JSON-RPC', async () => {
    const client = await at({ secret: { password: odoo.password } });
    expect(client.transport).toBe('json-rpc');
    expect(await client.call('res.users', 'search_count', { domain: [['login', '=', 'admin']] })).toBe(1);
    client.close();
  });
});
