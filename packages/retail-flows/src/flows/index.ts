import type { Flow } from '../flow.ts';
import { jobQueue } from './job-queue.ts';
import { loginAndHealth } from './login-and-health.ts';
import { loyalty } from './loyalty.ts';
import { partialDelivery } from './partial-delivery.ts';
import { posSession } from './pos-session.ts';
import { priceList } from './price-list.ts';
import { productSearch } from './product-search.ts';
import { promotion } from './promotion.ts';
import { purchaseToBill } from './purchase-to-bill.ts';
import { queues } from './queues.ts';
import { reordering } from './reordering.ts';
import { returnAndRefund } from './return-and-refund.ts';
import { saleToPayment } from './sale-to-payment.ts';
import { scheduledJobs } from './scheduled-jobs.ts';
import { stockAdjustment } from './stock-adjustment.ts';
import { stockMove } from './stock-move.ts';
import { taxTotals } from './tax-totals.ts';
import { webshopCart } from './webshop-cart.ts';

/** All flows there are, from the simplest to those that need the others to work. */
export const FLOWS: readonly Flow[] = [
  loginAndHealth,
  scheduledJobs,
  queues,
  jobQueue,
  productSearch,
  taxTotals,
  priceList,
  promotion,
  loyalty,
  webshopCart,
  stockAdjustment,
  stockMove,
  reordering,
  purchaseToBill,
  partialDelivery,
  saleToPayment,
  returnAndRefund,
  posSession,
];
