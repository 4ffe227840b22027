import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needOdoo, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { FLOWS } from '../flows/index.ts';
import type { ShopSeen } from '../seen.ts';
import { runSmoke, type SmokeRequest } from './run-smoke.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../../../deploy/odoo/set-aside-for-smoke-flows.py'), 'utf8');

/** Modules through which something could leave the house, of each kind. */
const LIVE_KINDS = ['delivery', 'account_edi_proxy_client', 'l10n_gr_edi', 'l10n_fr_pos_cert'];

((await needOdoo()) ? describe : describe.skip)('in production, on a real Odoo 19', () => {
  let odoo: Odoo;
  let apiKey: string;
  const psql = (sql: string) => odoo.retail.postgres.psql(sql, odoo.database);
  const go = (more: Partial<SmokeRequest> = {}): Promise<ShopSeen> =>
    runSmoke({
      connection: { url: odoo.url, database: odoo.database, secret: { apiKey }, timeoutMs: 60_000 },
      company: 'Smoke',
      warehouse: 'Smoke',
      flows: [],
      allowWrites: true,
      setAside: true,
      repeats: 1,
      dry: false,
      maxLatencyRatio: 2,
      now: () => Date.now(),
      say: () => undefined,
      ...more,
    });

  beforeAll(async () => {
    odoo = await startOdoo();
    apiKey = /^key: ([0-9a-f]{40})$/m.exec(
      await odoo.shell(`${SCRIPT}
user = env['res.users'].search([('login', '=', 'smoke')])
print('key:', env(user=user.id)['res.users.apikeys']._generate('rpc', 'smoke flows', None))
env.cr.commit()
`),
    )?.[1] as string;
    await psql("UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'"); // this server runs none
  }, 900_000);
  afterAll(() => odoo?.stop());

  const counts = () =>
    psql(`SELECT (SELECT count(*) FROM res_company), (SELECT count(*) FROM stock_warehouse), (SELECT count(*) FROM res_users),
      (SELECT count(*) FROM account_account), (SELECT count(*) FROM account_journal)`);

  it('the script that sets a company aside can be run again, and changes nothing then', async () => {
    const before = await counts();
    const printed = await odoo.shell(SCRIPT);
    expect(printed.match(/is there/g)).toHaveLength(3);
    expect(await counts()).toBe(before);
  });

  it('all flows pass in that company, with the rights that its user has, and no other company notices', async () => {
    const others = () =>
      psql(`SELECT (SELECT count(*) FROM account_move WHERE company_id = 1), (SELECT count(*) FROM stock_move WHERE company_id = 1),
        (SELECT count(*) FROM sale_order WHERE company_id = 1), (SELECT count(*) FROM purchase_order WHERE company_id = 1),
        (SELECT count(*) FROM pos_session s JOIN pos_config c ON c.id = s.config_id WHERE c.company_id = 1)`);
    const before = await others();
    const seen = await go();
    const missing = new Set(seen.left.map(({ why }) => why));
    const wrong = seen.results.filter(({ status, leftovers }) => status !== 'passed' || leftovers.length > 0);
    expect(wrong).toEqual([]);
    expect([...missing]).toEqual(missing.size > 0 ? ['module-missing'] : []);
    expect(seen.results.length + seen.left.length).toBe(FLOWS.length);
    expect(seen.shop).toMatchObject({ company: 'Smoke', warehouse: 'Smoke', isNeutralized: false });
    expect(await others()).toBe(before);
  }, 600_000);

  it('nothing is kept, whoever asks for it', async () => {
    await expect(go({ keepData: true })).rejects.toThrow(/keep-data is refused/);
  });
});

((await needOdoo()) ? describe : describe.skip)('where something would leave the house, on a real Odoo 19', () => {
  let odoo: Odoo;
  beforeAll(async () => {
    odoo = await startOdoo({ install: LIVE_KINDS });
    await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
  }, 900_000);
  afterAll(() => odoo?.stop());

  const make = async (model: string, values: object) =>
    (await odoo.call(model, 'create', { vals_list: [values] })) as number[];
  const live = async (): Promise<string[]> => {
    const seen = await runSmoke({
      connection: { url: odoo.url, database: odoo.database, secret: { apiKey: odoo.apiKey }, timeoutMs: 60_000 },
      flows: [],
      allowWrites: true,
      setAside: true,
      repeats: 1,
      dry: true,
      maxLatencyRatio: 2,
      now: () => Date.now(),
      say: () => undefined,
    });
    // Whatever is live, no flow that writes is even planned.
    expect(seen.planned.flatMap(({ writes }) => writes)).toEqual([]);
    return seen.shop?.live ?? [];
  };
  const CERTIFIED = 'module l10n_fr_pos_cert is installed, and its test mode is not known here';

  it('a fiscal till counts as live for what it is', async () => {
    await odoo.retail.postgres.psql('UPDATE res_company SET l10n_gr_edi_test_env = true', odoo.database);
    expect(await live()).toEqual([CERTIFIED]);
  });

  it.each<[string, (on: boolean) => Promise<unknown>, string]>([
    [
      'a carrier',
      async (on) => {
        const sql = (text: string) => odoo.retail.postgres.psql(text, odoo.database);
        const [product] = await make('product.product', { name: 'Parcels', type: 'service' });
        const [carrier] = await make('delivery.carrier', { name: 'Parcels', product_id: product });
        // A kind of carrier comes with a module of its own, none of which is needed to ask what it says.
        await sql(
          `UPDATE delivery_carrier SET prod_environment = ${on}, delivery_type = 'fixed' WHERE id = ${carrier}`,
        );
        await sql(`UPDATE delivery_carrier SET delivery_type = 'parcels' WHERE id = ${carrier}`);
      },
      'carrier Parcels is in production mode',
    ],
    [
      'EDI of a tax office',
      (on) => odoo.retail.postgres.psql(`UPDATE res_company SET l10n_gr_edi_test_env = ${!on}`, odoo.database),
      'module l10n_gr_edi is not in test mode (l10n_gr_edi_test_env)',
    ],
    [
      'Peppol',
      (on) =>
        odoo.retail.postgres.psql(
          `ALTER TABLE account_edi_proxy_client_user ALTER private_key_id DROP NOT NULL; DELETE FROM account_edi_proxy_client_user;
           INSERT INTO account_edi_proxy_client_user (id_client, company_id, proxy_type, edi_mode, edi_identification, active)
           VALUES ('x', 1, 'peppol', '${on ? 'prod' : 'test'}', '0208:0000000000', true)`,
          odoo.database,
        ),
      'the account of peppol at the proxy is in production mode',
    ],
    [
      'a payment provider',
      async (on) => {
        const sql = `UPDATE payment_provider SET state = '${on ? 'enabled' : 'test'}', code = 'stripe'
          WHERE id = (SELECT min(id) FROM payment_provider)`;
        return odoo.retail.postgres.psql(sql, odoo.database);
      },
      'payment provider',
    ],
    [
      'mail',
      async (on) => {
        const servers = await odoo.call('ir.mail_server', 'search', { domain: [] });
        if (on) return make('ir.mail_server', { name: 'Relay', smtp_host: 'mail.example' });
        return odoo.call('ir.mail_server', 'unlink', { ids: servers });
      },
      'mail server Relay is active',
    ],
  ])('%s: nothing is written while it is live', async (_, set, way) => {
    const without = async () => {
      await set(false);
      return (await live()).filter((one) => one.startsWith(way));
    };
    expect(await without()).toEqual([]);
    await set(true);
    expect((await live()).filter((one) => one.startsWith(way))).toHaveLength(1);
    await set(false);
    if (way.startsWith('carrier')) await odoo.retail.postgres.psql('DELETE FROM delivery_carrier', odoo.database);
    expect(await live()).toEqual([CERTIFIED]);
  });
});
