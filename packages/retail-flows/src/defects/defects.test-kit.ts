import { type Defect, type Override, overriding } from './plant.test-kit.ts';

/** Found by `flow`: `defect('tax_wrong', 'account: account.tax', { … }, ['total'])`. */
type Planted = [name: string, place: `${string}: ${string}`, override: Override, finds: string[]];

const foundBy = (flow: string, planted: readonly Planted[]): Defect[] =>
  planted.map(([name, place, override, finds]) => {
    const [depends = '', model = ''] = place.split(': ');
    return { name, depends, model, python: overriding(override), flow, finds };
  });

/** Stock that goes astray as moves are done: of those for which `which` is true, so much more at a place. */
const astray = (which: string, place: string, by: number): Override => ({
  method: '_action_done(*args, **kwargs)',
  after: `for move in done:
    if ${which}:
        self.env['stock.quant']._update_available_quantity(move.product_id, move.${place}, ${by})`,
});

/** Entries that are not posted, and nobody is told. */
const unposted = (which: string): Override => ({ method: 'action_post()', when: which, instead: 'return False' });

export const DEFECTS: readonly Defect[] = [
  ...foundBy('login-and-health', [
    [
      'views_broken',
      'base: res.partner',
      {
        method: 'get_views(views, options=None)',
        decorator: 'model',
        instead: "raise ValueError('External ID not found in the system: sale.view_of_yesterday')",
      },
      ['the views of a customer are put together'],
    ],
  ]),
  ...foundBy('product-search', [
    [
      'barcode_lost',
      'product: product.product',
      {
        method: 'search(domain, *args, **kwargs)',
        decorator: 'model',
        when: "'barcode' in str(domain)",
        instead: 'return self.browse()',
      },
      ['found by barcode'],
    ],
    [
      'name_search_empty',
      'product: product.product',
      { method: "name_search(name='', *args, **kwargs)", decorator: 'model', instead: 'return []' },
      ['found by name'],
    ],
    [
      'slow_search',
      'product: product.product',
      { method: "name_search(name='', *args, **kwargs)", decorator: 'model', after: 'time.sleep(1.5)' },
      [],
    ],
  ]),
  ...foundBy('tax-totals', [
    [
      'tax_wrong',
      'account: account.tax',
      {
        method: '_eval_tax_amount_price_excluded(batch, raw_base, evaluation_context)',
        when: 'raw_base > 1000',
        after: 'done += 0.01',
      },
      ['1 at 1234.56: tax of 15 %', '1 at 1234.56: total'],
    ],
  ]),
  ...foundBy('price-list', [
    [
      'pricelist_ignored',
      'product: product.pricelist.item',
      { method: '_compute_price(product, *args, **kwargs)', instead: 'return product.lst_price' },
      ['3 at 100.00 less 10 %'],
    ],
  ]),
  ...foundBy('promotion', [
    [
      'promotion_ignored',
      'sale_loyalty: sale.order',
      {
        method: '_get_reward_values_discount(reward, coupon, **kwargs)',
        after: 'done = [dict(line, price_unit=0) for line in done]',
      },
      ['200.00 less 20 %'],
    ],
  ]),
  ...foundBy('stock-adjustment', [
    [
      'count_ignored',
      'stock: stock.quant',
      {
        method: 'action_apply_inventory(*args, **kwargs)',
        when: 'self.inventory_quantity == 7',
        instead: 'return None',
      },
      ['7 are on hand', 'the books of the stock say why'],
    ],
  ]),
  ...foundBy('stock-move', [
    [
      'moved_to_nowhere',
      'stock: stock.move',
      astray("move.picking_id.picking_type_id.code == 'internal'", 'location_dest_id', -1),
      ['exactly one is on the shelf', 'on hand are three as before', 'the shelf is empty', 'three are where they were'],
    ],
  ]),
  ...foundBy('reordering', [
    [
      'reorders_the_minimum',
      'purchase_stock: purchase.order.line',
      {
        method: 'create(vals_list)',
        decorator: 'model_create_multi',
        after: "done.filtered('orderpoint_id').product_qty = 5",
      },
      ['twelve are asked for'],
    ],
  ]),
  ...foundBy('purchase-to-bill', [
    [
      'receipt_short',
      'purchase_stock: stock.move',
      astray('move.purchase_line_id', 'location_dest_id', -1),
      ['stock went up by exactly five'],
    ],
    ['bill_not_posted', 'account: account.move', unposted("self.move_type == 'in_invoice'"), ['the bill is posted']],
  ]),
  ...foundBy('partial-delivery', [
    [
      'backorder_forgotten',
      'stock: stock.picking',
      {
        method: '_create_backorder(backorder_moves=None)',
        instead: `(backorder_moves or self.move_ids.filtered(lambda m: m.state not in ('done', 'cancel')))._action_cancel()
return self.browse()`,
      },
      ['backorders'],
    ],
  ]),
  ...foundBy('sale-to-payment', [
    [
      'stock_not_moved',
      'sale_stock: stock.move',
      astray('move.sale_line_id.product_uom_qty == 1', 'location_id', 1),
      ['stock went down by exactly one', 'stock went down by exactly one'],
    ],
    [
      'invoice_not_posted',
      'account: account.move',
      unposted("self.move_type == 'out_invoice'"),
      ['the invoice is posted', 'the invoice is posted', 'numbers missing or doubled between the invoices'],
    ],
    [
      'payment_lost',
      'account: account.payment.register',
      { method: 'action_create_payments()', instead: 'return True' },
      ['the invoice is paid', 'the invoice is paid'],
    ],
  ]),
  ...foundBy('return-and-refund', [
    [
      'return_not_received',
      'stock: stock.move',
      astray('move.origin_returned_move_id', 'location_dest_id', -1),
      ['stock went up by exactly one'],
    ],
    [
      'refund_not_posted',
      'account: account.move',
      unposted("self.move_type == 'out_refund' and not self.reversed_entry_id"),
      ['the credit note is posted'],
    ],
  ]),
  ...foundBy('pos-session', [
    [
      'till_refuses_to_close',
      'point_of_sale: pos.session',
      {
        method: 'close_session_from_ui(*args, **kwargs)',
        instead: "return {'successful': False, 'message': 'There are still orders in draft state.', 'redirect': False}",
      },
      ['the till agrees to close', 'the session is closed'],
    ],
    [
      'refund_not_counted',
      'point_of_sale: pos.order.line',
      { method: '_compute_refund_qty()', after: 'self.refunded_qty = 0' },
      ['refunded of the line'],
    ],
    [
      'till_invoice_forgotten',
      'point_of_sale: pos.order',
      { method: '_generate_pos_order_invoice()', when: 'not self.is_refund', instead: 'return None' },
      ['the invoice of the till: kind, state, amount', 'the invoice is paid'],
    ],
  ]),
  ...foundBy('loyalty', [
    [
      'points_forgotten',
      'sale_loyalty: sale.order',
      {
        method: '_get_point_changes()',
        after: 'done = {card: min(change, 0) for card, change in done.items()}',
      },
      // Without points on the card there is nothing to redeem, and nothing to give back.
      [
        '2 earn points',
        '100.00 less 30.00',
        'an order that is not confirmed takes no points',
        '1 earns points, the reward costs some',
        'the points of a cancelled order are undone',
      ],
    ],
    [
      'points_of_cancelled_kept',
      'sale_loyalty: sale.order',
      {
        method: '_action_cancel()',
        instead: `points = {card: card.points for card in self.order_line.coupon_id}
res = super()._action_cancel()
for card, kept in points.items():
    card.points = kept
return res`,
      },
      ['the points of a cancelled order are undone'],
    ],
    [
      'slow_confirm',
      'sale_stock: sale.order',
      {
        method: 'action_confirm()',
        // As long as the test says: on a machine that is slow itself, seconds of any number might be too few to tell.
        after: "time.sleep(float(self.env['ir.config_parameter'].sudo().get_param('shop.slow_seconds')))",
      },
      [],
    ],
  ]),
  ...foundBy('ecommerce-cart', [
    [
      'cart_counts_wrong',
      'website_sale: sale.order',
      {
        method: '_cart_add(product_id, quantity=1.0, **kwargs)',
        instead: 'return super()._cart_add(product_id, quantity - 1, **kwargs)',
      },
      ['three are in the cart'],
    ],
    [
      'cart_without_tax',
      'website_sale: sale.order.line',
      {
        method: '_compute_tax_ids()',
        after: `for line in self:
    if line.order_id.website_id:
        line.tax_ids = False`,
      },
      ['3 in the cart: tax of 15 %', '3 in the cart: total'],
    ],
  ]),
];
