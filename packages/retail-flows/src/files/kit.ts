import { type Aftermath, defineFlow, type Flow, type Visit } from '../flow.ts';
import { cents, money } from '../money.ts';
import { brokenNumbers, imbalance, pay, post, readEntry } from '../steps/accounting.ts';
import { create, newPartner, newProduct, only, readOne } from '../steps/catalogue.ts';
import { bill, order, request } from '../steps/purchases.ts';
import { confirm, invoiceDelivered, quote, readOrder } from '../steps/sales.ts';
import { count, onHand, readTransfer, transfer } from '../steps/stock.ts';
import { close, ringUp, till } from '../steps/till.ts';

/** What own flows are made of: the same building blocks as of the flows that come with this package. */
export const kit = {
  defineFlow,
  money,
  cents,
  create,
  readOne,
  only,
  newProduct,
  newPartner,
  quote,
  confirm,
  readOrder,
  invoiceDelivered,
  count,
  onHand,
  transfer,
  readTransfer,
  request,
  order,
  bill,
  post,
  pay,
  readEntry,
  imbalance,
  brokenNumbers,
  till,
  ringUp,
  close,
};

export type Kit = typeof kit;
/** What the default export of a file of own flows is. */
export type OwnFlows = (kit: Kit) => readonly Flow[];
export type { Aftermath, Flow, Visit };
