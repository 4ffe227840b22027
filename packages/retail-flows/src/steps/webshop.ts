import type { Guest } from '@tillgate/odoo';
import type { Visit } from '../flow.ts';
import { Unexpected } from '../visit.ts';
import type { Product } from './catalogue.ts';

/** Puts so many of a product into the guest's cart, as the button of its page does. */
export async function addToCart(visit: Visit, guest: Guest, product: Product, quantity: number): Promise<void> {
  // Up to Odoo 18 the button asks another route, with other words.
  if (Number.parseFloat(visit.shop.version) < 19) {
    await guest.call('/shop/cart/update_json', { product_id: product.id, add_qty: quantity });
  } else {
    const params = { product_template_id: product.template, product_id: product.id, quantity };
    await guest.call('/shop/cart/add', params);
  }
}

/** What a product's page says that it costs, as it stands there. @throws Unexpected if it says nothing */
export function priceOnPage(page: string): string {
  const [, price] = /class="oe_price"[^>]*>[^<]*<span class="oe_currency_value">([^<]+)</.exec(page) ?? [];
  if (price === undefined) throw new Unexpected('The page of the product names no price.');
  return price;
}

/** Digits of a text without what languages put between them: 1,234.50 and 1.234,50 and 1 234,50 are alike. */
export const digits = (text: string): string => text.replace(/(?<=\d)[.,'\s\u00a0\u202f](?=\d)/g, '');
