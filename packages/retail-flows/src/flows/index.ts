import type { Flow } from '../flow.ts';
import { loginAndHealth } from './login-and-health.ts';
import { partialDelivery } from './partial-delivery.ts';
import { posSession } from './pos-session.ts';
import { priceList } from './price-list.ts';
import { productSearch } from './product-search.ts';
import { promotion } from './promotion.ts';
import { purchaseToBill } from './purchase-to-bill.ts';
import { reordering } from './reordering.ts';
import { returnAndRefund } from './return-and-refund.ts';
import { saleToPayment } from './sale-to-payment.ts';
import { scheduledJobs } from './scheduled-jobs.ts';
import { stockAdjustment } from './stock-adjustment.ts';
import { taxTotals } from './tax-totals.ts';

/** All flows there are, from the simplest to those that need the others to work. */
export const FLOWS: readonly Flow[] = [
  loginAndHealth,
  scheduledJobs,
  productSearch,
  taxTotals,
  priceList,
  promotion,
  stockAdjustment,
  reordering,
  purchaseToBill,
  partialDelivery,
  saleToPayment,
  returnAndRefund,
  posSession,
];
