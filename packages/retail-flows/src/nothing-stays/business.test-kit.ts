/** The business as the database tells it: what must be the same before and after a run that took all back. */
export async function businessOf(psql: (sql: string) => Promise<string>): Promise<Record<string, string>> {
  return {
    balances: await psql(`SELECT account_id, round(sum(balance), 2) FROM account_move_line
      WHERE parent_state = 'posted' GROUP BY 1 HAVING round(sum(balance), 2) <> 0 ORDER BY 1`),
    open: await psql("SELECT count(*) FROM account_move_line WHERE parent_state = 'posted' AND amount_residual <> 0"),
    stock:
      await psql(`SELECT q.product_id, sum(q.quantity) FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
      WHERE l.usage = 'internal' GROUP BY 1 HAVING sum(q.quantity) <> 0 OR sum(q.reserved_quantity) <> 0 ORDER BY 1`),
    transfers: await psql("SELECT count(*) FROM stock_picking WHERE state NOT IN ('done', 'cancel')"),
    orders: await psql("SELECT count(*) FROM sale_order WHERE state <> 'cancel'"),
    drafts: await psql("SELECT count(*) FROM account_move WHERE state = 'draft'"),
    sessions: await psql("SELECT count(*) FROM pos_session WHERE state <> 'closed'"),
    locks: await psql("SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'tillgate.%'"),
    labels: await psql('SELECT count(*) FROM res_partner_category'),
    active:
      await psql(`SELECT (SELECT count(*) FROM product_product WHERE active), (SELECT count(*) FROM res_partner WHERE active),
      (SELECT count(*) FROM product_pricelist WHERE active), (SELECT count(*) FROM loyalty_program WHERE active),
      (SELECT count(*) FROM pos_config WHERE active), (SELECT count(*) FROM pos_payment_method WHERE active),
      (SELECT count(*) FROM account_journal WHERE active), (SELECT count(*) FROM stock_warehouse_orderpoint)`),
  };
}
