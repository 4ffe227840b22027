import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A defect that an add-on plants, and what must come of it. */
export interface Defect {
  name: string;
  /** Module whose model is broken. */
  depends: string;
  model: string;
  /** Methods of the model's class; `on(self)` tells whether the defect is active. */
  python: string;
  /** The flow that must find it. */
  flow: string;
  /** The facts that must not hold, or the step that must fail. */
  finds: string[];
}

const PARAMETER = 'smoke.defects';

export const DEFECTS: readonly Defect[] = [
  {
    name: 'views_broken',
    depends: 'base',
    model: 'res.partner',
    python: `
    @api.model
    def get_views(self, views, options=None):
        if on(self):
            raise ValueError('External ID not found in the system: sale.view_of_yesterday')
        return super().get_views(views, options)`,
    flow: 'login-and-health',
    finds: ['the views of a customer are put together'],
  },
  {
    name: 'barcode_lost',
    depends: 'product',
    model: 'product.product',
    python: `
    @api.model
    def search(self, domain, *args, **kwargs):
        if on(self) and 'barcode' in str(domain):
            return self.browse()
        return super().search(domain, *args, **kwargs)`,
    flow: 'product-search',
    finds: ['found by barcode'],
  },
  {
    name: 'name_search_empty',
    depends: 'product',
    model: 'product.product',
    python: `
    @api.model
    def name_search(self, name='', *args, **kwargs):
        return [] if on(self) else super().name_search(name, *args, **kwargs)`,
    flow: 'product-search',
    finds: ['found by name'],
  },
  {
    name: 'tax_wrong',
    depends: 'account',
    model: 'account.tax',
    python: `
    def _eval_tax_amount_price_excluded(self, batch, raw_base, evaluation_context):
        amount = super()._eval_tax_amount_price_excluded(batch, raw_base, evaluation_context)
        return amount + 0.01 if on(self) and raw_base > 1000 else amount`,
    flow: 'tax-totals',
    finds: ['1 at 1234.56: tax of 15 %', '1 at 1234.56: total'],
  },
  {
    name: 'pricelist_ignored',
    depends: 'product',
    model: 'product.pricelist.item',
    python: `
    def _compute_price(self, product, *args, **kwargs):
        return product.lst_price if on(self) else super()._compute_price(product, *args, **kwargs)`,
    flow: 'price-list',
    finds: ['3 at 100.00 less 10 %'],
  },
  {
    name: 'promotion_ignored',
    depends: 'sale_loyalty',
    model: 'sale.order',
    python: `
    def _get_reward_values_discount(self, reward, coupon, **kwargs):
        lines = super()._get_reward_values_discount(reward, coupon, **kwargs)
        return [dict(line, price_unit=0) for line in lines] if on(self) else lines`,
    flow: 'promotion',
    finds: ['200.00 less 20 %'],
  },
  {
    name: 'count_ignored',
    depends: 'stock',
    model: 'stock.quant',
    python: `
    def action_apply_inventory(self, *args, **kwargs):
        if on(self) and self.inventory_quantity == 7:
            return None
        return super().action_apply_inventory(*args, **kwargs)`,
    flow: 'stock-adjustment',
    finds: ['7 are on hand', 'the books of the stock say why'],
  },
  {
    name: 'moved_to_nowhere',
    depends: 'stock',
    model: 'stock.move',
    python: `
    def _action_done(self, *args, **kwargs):
        done = super()._action_done(*args, **kwargs)
        for move in done if on(self) else self.browse():
            if move.picking_id.picking_type_id.code == 'internal':
                self.env['stock.quant']._update_available_quantity(move.product_id, move.location_dest_id, -1)
        return done`,
    flow: 'stock-move',
    finds: [
      'exactly one is on the shelf',
      'on hand are three as before',
      'the shelf is empty',
      'three are where they were',
    ],
  },
  {
    name: 'reorders_the_minimum',
    depends: 'purchase_stock',
    model: 'purchase.order.line',
    python: `
    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if on(self):
            lines.filtered('orderpoint_id').product_qty = 5
        return lines`,
    flow: 'reordering',
    finds: ['twelve are asked for'],
  },
  {
    name: 'receipt_short',
    depends: 'purchase_stock',
    model: 'stock.move',
    python: `
    def _action_done(self, *args, **kwargs):
        done = super()._action_done(*args, **kwargs)
        for move in done if on(self) else self.browse():
            if move.purchase_line_id:
                self.env['stock.quant']._update_available_quantity(move.product_id, move.location_dest_id, -1)
        return done`,
    flow: 'purchase-to-bill',
    finds: ['stock went up by exactly five'],
  },
  {
    name: 'bill_not_posted',
    depends: 'account',
    model: 'account.move',
    python: `
    def action_post(self):
        if on(self) and self.move_type == 'in_invoice':
            return False
        return super().action_post()`,
    flow: 'purchase-to-bill',
    finds: ['the bill is posted'],
  },
  {
    name: 'backorder_forgotten',
    depends: 'stock',
    model: 'stock.picking',
    python: `
    def _create_backorder(self, backorder_moves=None):
        if on(self):
            (backorder_moves or self.move_ids.filtered(lambda m: m.state not in ('done', 'cancel')))._action_cancel()
            return self.browse()
        return super()._create_backorder(backorder_moves)`,
    flow: 'partial-delivery',
    finds: ['backorders'],
  },
  {
    name: 'stock_not_moved',
    depends: 'sale_stock',
    model: 'stock.move',
    python: `
    def _action_done(self, *args, **kwargs):
        done = super()._action_done(*args, **kwargs)
        for move in done if on(self) else self.browse():
            if move.sale_line_id.product_uom_qty == 1:
                self.env['stock.quant']._update_available_quantity(move.product_id, move.location_id, 1)
        return done`,
    flow: 'sale-to-payment',
    finds: ['stock went down by exactly one', 'stock went down by exactly one'],
  },
  {
    name: 'invoice_not_posted',
    depends: 'account',
    model: 'account.move',
    python: `
    def action_post(self):
        if on(self) and self.move_type == 'out_invoice':
            return False
        return super().action_post()`,
    flow: 'sale-to-payment',
    finds: ['the invoice is posted', 'the invoice is posted', 'numbers missing or doubled between the invoices'],
  },
  {
    name: 'payment_lost',
    depends: 'account',
    model: 'account.payment.register',
    python: `
    def action_create_payments(self):
        return True if on(self) else super().action_create_payments()`,
    flow: 'sale-to-payment',
    finds: ['the invoice is paid', 'the invoice is paid'],
  },
  {
    name: 'return_not_received',
    depends: 'stock',
    model: 'stock.move',
    python: `
    def _action_done(self, *args, **kwargs):
        done = super()._action_done(*args, **kwargs)
        for move in done if on(self) else self.browse():
            if move.origin_returned_move_id:
                self.env['stock.quant']._update_available_quantity(move.product_id, move.location_dest_id, -1)
        return done`,
    flow: 'return-and-refund',
    finds: ['stock went up by exactly one'],
  },
  {
    name: 'refund_not_posted',
    depends: 'account',
    model: 'account.move',
    python: `
    def action_post(self):
        if on(self) and self.move_type == 'out_refund' and not self.reversed_entry_id:
            return False
        return super().action_post()`,
    flow: 'return-and-refund',
    finds: ['the credit note is posted'],
  },
  {
    name: 'till_refuses_to_close',
    depends: 'point_of_sale',
    model: 'pos.session',
    python: `
    def close_session_from_ui(self, *args, **kwargs):
        if on(self):
            return {'successful': False, 'message': 'There are still orders in draft state.', 'redirect': False}
        return super().close_session_from_ui(*args, **kwargs)`,
    flow: 'pos-session',
    finds: ['the till agrees to close', 'the session is closed'],
  },
  {
    name: 'refund_not_counted',
    depends: 'point_of_sale',
    model: 'pos.order.line',
    python: `
    def _compute_refund_qty(self):
        super()._compute_refund_qty()
        if on(self):
            self.refunded_qty = 0`,
    flow: 'pos-session',
    finds: ['refunded of the line'],
  },
  {
    name: 'points_forgotten',
    depends: 'sale_loyalty',
    model: 'sale.order',
    python: `
    def _get_point_changes(self):
        changes = super()._get_point_changes()
        return {card: min(change, 0) for card, change in changes.items()} if on(self) else changes`,
    flow: 'loyalty',
    // Without points on the card there is nothing to redeem, and nothing to give back.
    finds: [
      '2 earn points',
      '100.00 less 30.00',
      'an order that is not confirmed takes no points',
      '1 earns points, the reward costs some',
      'the points of a cancelled order are undone',
    ],
  },
  {
    name: 'points_of_cancelled_kept',
    depends: 'sale_loyalty',
    model: 'sale.order',
    python: `
    def _action_cancel(self):
        cards = self.order_line.coupon_id if on(self) else self.env['loyalty.card']
        points = {card: card.points for card in cards}
        res = super()._action_cancel()
        for card, kept in points.items():
            card.points = kept
        return res`,
    flow: 'loyalty',
    finds: ['the points of a cancelled order are undone'],
  },
  {
    name: 'cart_counts_wrong',
    depends: 'website_sale',
    model: 'sale.order',
    python: `
    def _cart_add(self, product_id, quantity=1.0, **kwargs):
        return super()._cart_add(product_id, quantity - 1 if on(self) else quantity, **kwargs)`,
    flow: 'ecommerce-cart',
    finds: ['three are in the cart'],
  },
  {
    name: 'cart_without_tax',
    depends: 'website_sale',
    model: 'sale.order.line',
    python: `
    def _compute_tax_ids(self):
        super()._compute_tax_ids()
        for line in self if on(self) else self.browse():
            if line.order_id.website_id:
                line.tax_ids = False`,
    flow: 'ecommerce-cart',
    finds: ['3 in the cart: tax of 15 %', '3 in the cart: total'],
  },
  {
    name: 'till_invoice_forgotten',
    depends: 'point_of_sale',
    model: 'pos.order',
    python: `
    def _generate_pos_order_invoice(self):
        return None if on(self) and not self.is_refund else super()._generate_pos_order_invoice()`,
    flow: 'pos-session',
    finds: ['the invoice of the till: kind, state, amount', 'the invoice is paid'],
  },
  {
    name: 'slow_confirm',
    depends: 'sale_stock',
    model: 'sale.order',
    python: `
    def action_confirm(self):
        if on(self):
            time.sleep(2.5)
        return super().action_confirm()`,
    flow: 'loyalty',
    finds: [],
  },
  {
    name: 'slow_search',
    depends: 'product',
    model: 'product.product',
    python: `
    @api.model
    def name_search(self, name='', *args, **kwargs):
        if on(self):
            time.sleep(1.5)
        return super().name_search(name, *args, **kwargs)`,
    flow: 'product-search',
    finds: [],
  },
];

/** Name of the module that plants a defect. */
export const moduleOf = ({ name }: Defect): string => `smoke_defect_${name}`;

/** Writes one module a defect; all are installed, and a system parameter tells which are active. */
export function writeAddons(folder: string): void {
  for (const defect of DEFECTS) {
    const module = join(folder, moduleOf(defect));
    mkdirSync(module, { recursive: true });
    const manifest = { name: defect.name, version: '19.0.1.0.0', license: 'LGPL-3', depends: [defect.depends] };
    writeFileSync(join(module, '__manifest__.py'), `${JSON.stringify(manifest)}\n`);
    writeFileSync(join(module, '__init__.py'), 'from . import defect\n');
    writeFileSync(
      join(module, 'defect.py'),
      `import time

from odoo import api, models


def on(records):
    active = records.env['ir.config_parameter'].sudo().get_param('${PARAMETER}') or ''
    return '${defect.name}' in active.split(',')


class Defect(models.${defect.model === 'account.payment.register' ? 'TransientModel' : 'Model'}):
    _inherit = '${defect.model}'
${defect.python}
`,
    );
  }
}

/** The call that makes exactly these defects active. */
export const activating = (defects: readonly Defect[]) => ({
  model: 'ir.config_parameter',
  method: 'set_param',
  body: { key: PARAMETER, value: defects.map(({ name }) => name).join(',') || 'none' },
});
