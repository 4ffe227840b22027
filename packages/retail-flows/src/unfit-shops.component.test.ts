import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConnectOptions } from '@tillgate/odoo';
import { type Basis, conclude, type Verdict } from '@tillgate/release';
import { needOdoo, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { smokeRules } from './rules/index.ts';
import { runTenants, type Tenant, type TenantsRequest } from './run/index.ts';
import { isWhole } from './seen.ts';

/** What a go-between does with the n-th request: pass it on, or answer by itself. */
type Meddler = (number: number, response: ServerResponse) => boolean;

((await needOdoo()) ? describe : describe.skip)('shops that are not as they should be, in a real Odoo 19', () => {
  let odoo: Odoo;
  let expired: string;
  const psql = (sql: string) => odoo.retail.postgres.psql(sql, odoo.database);
  const connection = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
    url: odoo.url,
    database: odoo.database,
    login: odoo.login,
    secret: { apiKey: odoo.apiKey },
    timeoutMs: 60_000,
    ...more,
  });
  const overRpc = (secret: ConnectOptions['secret']) => connection({ transport: 'json-rpc', secret });

  /** Goes shopping, and concludes as the gate does. */
  async function gate(tenant: Omit<Tenant, 'name'>, flows: string[], more: Partial<TenantsRequest> = {}) {
    const seen = await runTenants({
      tenants: [{ name: 'shop', ...tenant }],
      flows,
      concurrency: 1,
      allowWrites: false,
      repeats: 1,
      dry: false,
      mustCompare: false,
      maxLatencyRatio: 2,
      at: '2026-01-01T00:00:00Z',
      now: () => Date.now(),
      say: () => undefined,
      ...more,
    });
    const findings = smokeRules.flatMap((rule) => rule.judge(seen, {} as Basis));
    const missing = seen.tenants.filter((shop) => !isWhole(shop)).map(({ tenant: name }) => name);
    const coverage = { expected: 1, missing } as Verdict['coverage'];
    const outcome = conclude(findings, coverage, new Date().toISOString() as Verdict['observedAt']);
    return { outcome, messages: findings.map(({ rule, message }) => `${rule}: ${message}`).join('\n'), seen };
  }

  /** A server before Odoo that answers some requests by itself. */
  async function between(meddle: Meddler): Promise<{ url: string; close(): void }> {
    let number = 0;
    const { hostname, port } = new URL(odoo.url);
    const proxy = createServer((incoming, response) => {
      number += 1;
      if (meddle(number, response)) return;
      const { method, url, headers } = incoming;
      const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port: own } = proxy.address() as AddressInfo;
    return { url: `http://127.0.0.1:${own}`, close: () => proxy.close() && proxy.closeAllConnections() };
  }

  beforeAll(async () => {
    odoo = await startOdoo();
    await odoo.call('ir.config_parameter', 'set_param', { key: 'database.is_neutralized', value: 'true' });
    const made = await odoo.shell(`
from datetime import datetime, timedelta
print('key:', env(user=env.ref('base.user_admin').id)['res.users.apikeys']._generate(
    'rpc', 'expired', datetime.now() + timedelta(days=1)))
env.cr.execute("UPDATE res_users_apikeys SET expiration_date = now() - interval '1 day' WHERE name = 'expired'")
env.cr.commit()
`);
    expired = /key: ([0-9a-f]{40})/.exec(made)?.[1] ?? '';
  }, 900_000);
  afterAll(() => odoo?.stop());

  describe.each(['json-2', 'json-rpc'] as const)('over %s', (transport) => {
    it('a wrong database', async () => {
      const { outcome, messages } = await gate({ connection: connection({ transport, database: 'nowhere' }) }, []);
      expect(outcome).toBe('inconclusive');
      expect(messages).toMatch(/no such database.*Check the name/s);
    });

    it('an expired key', async () => {
      const apiKey = expired;
      const { outcome, messages } = await gate({ connection: connection({ transport, secret: { apiKey } }) }, []);
      expect(outcome).toBe('inconclusive');
      expect(messages).toMatch(/key.*expired.*[Mm]ake a new/s);
      expect(messages).not.toContain(apiKey);
    });
  });

  it('a user with two-factor authentication: no password opens, an API key does', async () => {
    await psql("UPDATE res_users SET totp_secret = 'JBSWY3DPEHPK3PXP' WHERE login = 'admin'");
    try {
      const refused = await gate({ connection: overRpc({ password: odoo.password }) }, ['login-and-health']);
      expect(refused.outcome).toBe('inconclusive');
      expect(refused.messages).toMatch(/does not let .* into.*two-factor authentication needs an API key/s);
      const opened = await gate({ connection: overRpc({ apiKey: odoo.apiKey }) }, ['login-and-health']);
      expect(opened.outcome).toBe('pass');
    } finally {
      await psql("UPDATE res_users SET totp_secret = NULL WHERE login = 'admin'");
    }
  });

  it('a module missing that a flow asked for needs', async () => {
    const { outcome, messages } = await gate({ connection: connection() }, ['ecommerce-cart', 'job-queue']);
    expect(outcome).toBe('inconclusive');
    expect(messages).toContain('ecommerce-cart was not run: website_sale not installed');
    expect(messages).toContain('job-queue was not run: queue_job not installed');
  });

  it('a closed fiscal period: what would be booked is not tried, and nothing stays', async () => {
    const entries = () => psql('SELECT count(*) FROM account_move');
    const before = await entries();
    await psql('UPDATE res_company SET fiscalyear_lock_date = current_date + 10');
    try {
      const flows = ['sale-to-payment', 'purchase-to-bill', 'return-and-refund', 'pos-session'];
      const { outcome, messages, seen } = await gate({ connection: connection() }, flows);
      expect(outcome).toBe('inconclusive');
      expect(
        messages.match(/the books of My Company are closed today \(fiscalyear_lock_date .*Set the lock date back/g),
      ).toHaveLength(4);
      expect(seen.tenants[0]?.results.map(({ status }) => status)).toEqual(flows.map(() => 'blocked'));
      expect(await entries()).toBe(before);
    } finally {
      await psql('UPDATE res_company SET fiscalyear_lock_date = NULL');
    }
  });

  it('a till session of someone else stays open and untouched, beside it all goes well', async () => {
    await gate({ connection: connection() }, ['pos-session']); // leaves a till, archived
    const made = await odoo.shell(`
journal = env['account.journal'].create({'name': 'Till', 'type': 'cash', 'code': 'TILL1'})
method = env['pos.payment.method'].create({'name': 'Cash', 'journal_id': journal.id})
own = env['pos.config'].create({'name': 'Counter', 'payment_method_ids': [(6, 0, method.ids)]})
theirs = env['pos.config'].with_context(active_test=False).search([('name', '=', 'Tillgate smoke till')])
theirs.with_context(active_test=False).payment_method_ids.active = True
theirs.active = True
for config in own | theirs:
    env['pos.session'].create({'config_id': config.id}).set_opening_control(50, '')
env.cr.commit()
print('sessions:', env['pos.session'].search_count([('state', '=', 'opened')]))
`);
    expect(made).toContain('sessions: 2');
    const sessions = () => psql("SELECT id, state, write_date FROM pos_session WHERE state <> 'closed' ORDER BY id");
    const before = await sessions();
    const { outcome, seen } = await gate({ connection: connection() }, ['pos-session']);
    expect(outcome).toBe('pass');
    expect(seen.tenants[0]?.results.flatMap(({ leftovers }) => leftovers)).toEqual([]);
    expect(await sessions()).toBe(before);
  }, 600_000);

  describe('something between', () => {
    it.each<[string, Meddler, RegExp]>([
      [
        'a proxy that answers 502 in the middle',
        (number, response) => {
          if (number < 12) return false;
          response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
          return true;
        },
        /was cut off: .*a proxy answered 502: Odoo is not there/,
      ],
      [
        'a login page in the middle',
        (number, response) => {
          if (number < 12) return false;
          response.writeHead(200, { 'content-type': 'text/html' }).end('<form action="/sso/login">');
          return true;
        },
        /was cut off: .*answered 200 with a login page instead of JSON. Is a proxy in between\?/,
      ],
      [
        'an answer that does not come',
        (number) => number >= 12, // the request is taken, and nothing follows
        /was cut off: .*no answer within 1500 ms/,
      ],
    ])('%s', async (_, meddle, message) => {
      const { url, close } = await between(meddle);
      try {
        const timeoutMs = 1_500;
        const { outcome, messages } = await gate({ connection: connection({ url, timeoutMs }) }, ['stock-adjustment']);
        expect(outcome).toBe('inconclusive');
        expect(messages).toMatch(message);
        expect(messages).toMatch(/smoke\/leftovers: /); // clean-up was tried, and is told
      } finally {
        close();
      }
      const later = await gate({ connection: connection() }, ['stock-adjustment'], {
        now: () => Date.now() + 3_600_000,
      });
      expect(later.outcome).toBe('pass');
      expect(later.seen.tenants[0]?.inherited.leftovers).toEqual([]);
    });

    it('a login page from the start', async () => {
      const { url, close } = await between((__, response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<form action="/sso/login">');
        return true;
      });
      const { outcome, messages } = await gate({ connection: connection({ url }) }, []);
      close();
      expect(outcome).toBe('inconclusive');
      expect(messages).toMatch(/answered 200 with a login page instead of JSON. Is a proxy in between\?/);
    });
  });

  it('another language and a currency without cents', async () => {
    await odoo.shell(`
env['base.language.install'].create({'lang_ids': [(6, 0, env['res.lang'].with_context(active_test=False).search([('code', '=', 'de_DE')]).ids)]}).lang_install()
yen = env.ref('base.JPY')
yen.active = True
company = env['res.company'].create({'name': 'Tokio', 'country_id': env.ref('base.jp').id, 'currency_id': yen.id})
env['account.chart.template'].try_loading('generic_coa', company=company, install_demo=False)
env['stock.warehouse'].search([('company_id', '=', company.id)]) or env['stock.warehouse'].create(
    {'name': 'Tokio', 'code': 'TOKIO', 'company_id': company.id})
admin = env['res.users'].search([('login', '=', 'admin')])
admin.company_ids |= company
admin.lang = 'de_DE'
env.cr.commit()
`);
    const unnamed = await gate({ connection: connection() }, ['tax-totals']);
    expect(unnamed.outcome).toBe('inconclusive');
    expect(unnamed.messages).toMatch(
      /There are 2 of company that this user sees: .*Tokio.*Name one with the input `company`/,
    );
    const tenant = { connection: connection(), company: 'Tokio', warehouse: 'Tokio' };
    const flows = ['tax-totals', 'price-list', 'purchase-to-bill', 'sale-to-payment', 'pos-session'];
    const { outcome, messages } = await gate(tenant, flows);
    expect(messages).toBe('');
    expect(outcome).toBe('pass');
    // 5 at 7.01: there are no parts of a yen.
    expect(
      await psql(`SELECT DISTINCT amount_untaxed = 35 FROM account_move WHERE move_type = 'in_invoice'
        AND company_id = (SELECT id FROM res_company WHERE name = 'Tokio')`),
    ).toBe('t');
    await psql('UPDATE res_users SET company_id = 1; DELETE FROM res_company_users_rel WHERE cid <> 1');
  }, 600_000);
});
