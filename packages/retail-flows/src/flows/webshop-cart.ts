import { defineFlow, type Visit } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { newProduct, only, readOne } from '../steps/catalogue.ts';
import { salesTax, taxed } from '../steps/taxes.ts';
import { addToCart, digits, priceOnPage } from '../steps/webshop.ts';

interface Cart {
  state: string;
  website_id: [number, string] | false;
  fiscal_position_id: [number, string] | false;
  amount_untaxed: number;
  amount_tax: number;
  amount_total: number;
  order_line: number[];
}

interface Line {
  product_uom_qty: number;
  price_unit: number;
  price_reduce_taxexcl: number;
  price_reduce_taxinc: number;
}

export const webshopCart = defineFlow({
  name: 'ecommerce-cart',
  title: 'A stranger puts three into the cart of the web shop',
  modules: ['website_sale'],
  writes: ['1 product, on the website while the flow runs (deleted)', '1 cart, which is a quotation (deleted)'],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, page, tax } = await visit.prepare('a product on the website, sold with tax', async () => {
      const tax = await salesTax(visit);
      const values = { list_price: 19.99, taxes_id: [[6, 0, [tax.id]]], is_published: true };
      const product = await newProduct(visit, values);
      const { website_url: page } = await readOne<{ website_url: string }>(
        visit,
        'product.template',
        product.template,
        ['website_url'],
      );
      return { product, page, tax };
    });
    const guest = visit.guest();
    const shown = await visit.step('the page of the product is opened', () => guest.page(page));
    visit.check('the page shows the product', true, shown.includes(visit.mark));
    await visit.step('three are put into the cart', () => addToCart(visit, guest, product, 3));
    const cart = await visit.step('the cart is opened', () => guest.page('/shop/cart'));
    const order = await draftOf(visit, product.id);
    visit.check(
      'the cart is a quotation of the website',
      'draft, true',
      `${order.state}, ${Boolean(order.website_id)}`,
    );
    const line = await readOne<Line>(visit, 'sale.order.line', only(order.order_line, 'lines of the cart'), [
      'product_uom_qty',
      'price_unit',
      'price_reduce_taxexcl',
      'price_reduce_taxinc',
    ]);
    visit.check('three are in the cart', 3, line.product_uom_qty);
    // Shops show prices with or without tax; both are said of the line in the cart.
    const prices = [line.price_reduce_taxexcl, line.price_reduce_taxinc].map((price) => digits(money(price)));
    visit.check('the cart has the price of the page', true, prices.includes(digits(priceOnPage(shown))));
    // A fiscal position may exchange the tax for visitors from elsewhere.
    if (!order.fiscal_position_id) {
      const { decimals } = visit.shop.currency;
      const expected = taxed(line.price_unit * line.product_uom_qty, tax, decimals);
      visit.check('3 in the cart: untaxed', expected.untaxed, money(order.amount_untaxed));
      visit.check(`3 in the cart: tax of ${tax.amount} %`, expected.tax, money(order.amount_tax));
      visit.check('3 in the cart: total', expected.total, money(order.amount_total));
    }
    visit.check('the cart shows its total', true, digits(cart).includes(digits(money(order.amount_total))));
  },
});

async function draftOf(visit: Visit, product: number): Promise<Cart> {
  const fields = [
    'state',
    'website_id',
    'fiscal_position_id',
    'amount_untaxed',
    'amount_tax',
    'amount_total',
    'order_line',
  ];
  const domain = [['order_line.product_id', '=', product]];
  return only(await visit.call<Cart[]>('sale.order', 'search_read', { domain, fields }), 'carts with the product');
}
