/** Whole cents (or what the currency's smallest unit is), rounded half away from zero as Odoo rounds. */
export function cents(amount: number, decimals = 2): number {
  const scaled = Math.abs(amount) * 10 ** decimals;
  // A double next to 8.9955 x 100 may lie a little below a half that the decimal number reaches.
  return Math.sign(amount) * Math.round(scaled + scaled * Number.EPSILON * 4);
}

/** An amount as text, to the smallest unit of its currency, so that it can be compared and read. */
export function money(amount: number, decimals = 2): string {
  return (cents(amount, decimals) / 10 ** decimals).toFixed(decimals);
}

/** Amounts as text in the currency of a shop: an amount of 35.05 is 35 in yen. */
export const inCurrencyOf =
  ({ currency }: { currency: { decimals: number } }) =>
  (amount: number): string =>
    money(amount, currency.decimals);
