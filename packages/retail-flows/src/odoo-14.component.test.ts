import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needOdoo, ODOO_14, type Odoo, startOdoo } from '@tillgate/testbed/odoo';
import { FLOWS } from './flows/index.ts';
import { runSmoke } from './run/index.ts';

/** What the oldest Odoo of the bed cannot do, and why. */
const LEFT = {
  'job-queue': 'queue_job not installed',
  promotion: 'sale_loyalty not installed',
  loyalty: 'sale_loyalty not installed',
  'pos-session': 'this is Odoo 14.0, and the flow needs 18 or newer',
};

((await needOdoo(ODOO_14)) ? describe : describe.skip)('shopping in a real Odoo 14', () => {
  let odoo: Odoo;
  const psql = (sql: string) => odoo.retail.postgres.psql(sql, odoo.database);
  beforeAll(async () => {
    odoo = await startOdoo({ generation: ODOO_14, webshop: true });
  }, 900_000);
  afterAll(() => odoo?.stop());

  const business = async () => ({
    balances: await psql(`SELECT account_id, round(sum(balance), 2) FROM account_move_line
      WHERE parent_state = 'posted' GROUP BY 1 HAVING round(sum(balance), 2) <> 0 ORDER BY 1`),
    open: await psql("SELECT count(*) FROM account_move_line WHERE parent_state = 'posted' AND amount_residual <> 0"),
    stock: await psql(`SELECT q.product_id FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
      WHERE l.usage = 'internal' GROUP BY 1 HAVING sum(q.quantity) <> 0 OR sum(q.reserved_quantity) <> 0`),
    transfers: await psql("SELECT count(*) FROM stock_picking WHERE state NOT IN ('done', 'cancel')"),
    orders: await psql("SELECT count(*) FROM sale_order WHERE state <> 'cancel'"),
    drafts: await psql("SELECT count(*) FROM account_move WHERE state = 'draft'"),
    active: await psql(`SELECT (SELECT count(*) FROM product_product WHERE active),
      (SELECT count(*) FROM res_partner WHERE active), (SELECT count(*) FROM product_pricelist WHERE active),
      (SELECT count(*) FROM stock_warehouse_orderpoint)`),
  });

  it('goes well over JSON-RPC, whose exceptions come with status 200, and leaves the business as it was', async () => {
    const before = await business();
    const { url, database, login, password } = odoo;
    const seen = await runSmoke({
      connection: { url, database, login, secret: { password }, timeoutMs: 60_000 },
      flows: [],
      allowWrites: true, // this version does not know of neutralised copies
      setAside: true,
      repeats: 1,
      dry: false,
      maxLatencyRatio: 2,
      now: () => Date.now(),
      say: () => undefined,
    });
    const wrong = seen.results.flatMap(({ flow, wrong: facts, trouble }) => [
      ...facts.map(({ fact, seen: there }) => `${flow}: ${fact}: ${there}`),
      ...(trouble ? [`${flow}: ${trouble.step}: ${trouble.message}`] : []),
    ]);
    expect(wrong).toEqual([]);
    expect(Object.fromEntries(seen.left.map(({ flow, detail }) => [flow, detail]))).toEqual(LEFT);
    expect(seen.results.map(({ flow, status }) => `${flow} ${status}`)).toEqual(
      FLOWS.filter(({ name }) => !(name in LEFT)).map(({ name }) => `${name} passed`),
    );
    expect(seen.results.flatMap(({ leftovers }) => leftovers)).toEqual([]);
    expect(await business()).toEqual(before);
  }, 600_000);
});
