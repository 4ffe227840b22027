import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needOdoo, type Odoo, type Retail, startOdoo, startRetail } from './index.ts';

/** An add-on with one model whose method answers with the given word. */
function addon(folder: string, answer: string): string {
  const module = join(folder, 'tillgate_probe');
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, '__manifest__.py'), "{'name': 'Probe', 'version': '19.0.1.0.0', 'depends': ['base']}\n");
  writeFileSync(join(module, '__init__.py'), 'from . import probe\n');
  writeFileSync(
    join(module, 'probe.py'),
    `from odoo import api, models


class Probe(models.AbstractModel):
    _name = 'tillgate.probe'
    _description = 'Probe'

    @api.model
    def word(self):
        return '${answer}'
`,
  );
  return folder;
}

const callStatus = (error: unknown): number | undefined => (error as { status?: number }).status;

((await needOdoo()) ? describe : describe.skip)('Odoo', () => {
  let retail: Retail;
  let odoo: Odoo;
  let other: Odoo;
  const folder = mkdtempSync(join(tmpdir(), 'addons-'));
  beforeAll(async () => {
    retail = await startRetail();
    const addons = [addon(join(folder, 'one'), 'one')];
    [odoo, other] = await Promise.all([
      startOdoo({ retail, addons, install: ['tillgate_probe'] }),
      startOdoo({ retail }),
    ]);
  }, 600_000);
  afterAll(async () => {
    await Promise.all([odoo?.stop(), other?.stop()]);
    await retail?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lets its user log in', async () => {
    const answer = await fetch(`${odoo.url}/web/session/authenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ params: { db: odoo.database, login: odoo.login, password: odoo.password } }),
    });
    const { result } = (await answer.json()) as { result: { is_admin: boolean; server_version: string; db: string } };
    expect(result).toMatchObject({ is_admin: true, db: odoo.database });
    expect(result.server_version).toMatch(/^19\.0/);
  });

  it('answers JSON-2 calls with the API key, and refuses others', async () => {
    expect(
      await odoo.call('res.users', 'search_read', { domain: [['login', '=', 'admin']], fields: ['login'] }),
    ).toEqual([{ id: expect.any(Number), login: 'admin' }]);
    const refused = await fetch(`${odoo.url}/json/2/res.users/search_count`, {
      method: 'POST',
      headers: {
        authorization: `bearer ${'0'.repeat(40)}`,
        'content-type': 'application/json',
        'x-odoo-database': odoo.database,
      },
      body: '{"domain": []}',
    });
    expect(refused.status).toBe(401);
    expect(callStatus(await odoo.call('no.such.model', 'search', {}).catch((error) => error))).toBe(404);
  });

  it('keeps copies of the database apart, files included', async () => {
    const content = Buffer.from(`receipt of ${odoo.database}`).toString('base64');
    const [id] = (await odoo.call('ir.attachment', 'create', {
      vals_list: [{ name: 'receipt.txt', datas: content, mimetype: 'application/octet-stream' }],
    })) as [number];
    const [{ store_fname: file }] = (await odoo.call('ir.attachment', 'read', {
      ids: [id],
      fields: ['store_fname'],
    })) as [{ store_fname: string }];
    const inFilestore = (of: Odoo) => existsSync(join(retail.data, 'filestore', of.database, file));
    expect([inFilestore(odoo), inFilestore(other)]).toEqual([true, false]);
    const named = { domain: [['name', '=', 'receipt.txt']] };
    expect(await odoo.call('ir.attachment', 'search_count', named)).toBe(1);
    expect(await other.call('ir.attachment', 'search_count', named)).toBe(0);
  });

  it('has every file that its database names', async () => {
    const files = (
      await other.retail.postgres.psql(
        'SELECT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL',
        other.database,
      )
    ).split('\n');
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((each) => !existsSync(join(retail.data, 'filestore', other.database, each)))).toEqual([]);
  });

  it('renews what makes a copy of a database its own', async () => {
    const secrets = await Promise.all(
      [odoo, other].map((each) =>
        retail.postgres.psql("SELECT value FROM ir_config_parameter WHERE key = 'database.secret'", each.database),
      ),
    );
    expect(secrets[0]).not.toBe(secrets[1]);
  });

  it('loads add-ons from a folder, each server its own version of them', async () => {
    expect(await odoo.call('tillgate.probe', 'word')).toBe('one');
    expect(callStatus(await other.call('tillgate.probe', 'word').catch((error) => error))).toBe(404);
    const next = await startOdoo({ retail, database: odoo.database, addons: [addon(join(folder, 'two'), 'two')] });
    try {
      expect(await next.call('tillgate.probe', 'word')).toBe('two');
      expect(await odoo.call('tillgate.probe', 'word')).toBe('one');
    } finally {
      await next.stop();
    }
  });

  it('invoices to the cent with 15 % tax', async () => {
    const [product] = (await odoo.call('product.product', 'create', {
      vals_list: [{ name: 'Kettle', type: 'consu', list_price: 19.99 }],
    })) as [number];
    const [partner] = (await odoo.call('res.partner', 'create', { vals_list: [{ name: 'A customer' }] })) as [number];
    const [invoice] = (await odoo.call('account.move', 'create', {
      vals_list: [
        {
          move_type: 'out_invoice',
          partner_id: partner,
          invoice_line_ids: [[0, 0, { product_id: product, quantity: 3 }]],
        },
      ],
    })) as [number];
    await odoo.call('account.move', 'action_post', { ids: [invoice] });
    const fields = ['state', 'amount_untaxed', 'amount_tax', 'amount_total'];
    // 3 x 19.99 = 59.97; 15 % of it is 8.9955
    expect(await odoo.call('account.move', 'read', { ids: [invoice], fields })).toEqual([
      { id: invoice, state: 'posted', amount_untaxed: 59.97, amount_tax: 9, amount_total: 68.97 },
    ]);
  });

  it('runs Python in its shell, and tells what went wrong there', async () => {
    expect((await odoo.shell("print(env.ref('base.main_company').name)")).trim()).toBe('My Company');
    await expect(odoo.shell("raise ValueError('as asked')")).rejects.toThrow('as asked');
  });

  it('says why it does not start', async () => {
    await expect(startOdoo({ retail, install: ['no_such_module'], args: ['--no-such-option'] })).rejects.toThrow(
      'no such option',
    );
  });
});
