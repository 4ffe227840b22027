import type { Finding } from '@tillgate/release';
import type { ShopSeen, SmokeSeen } from '../seen.ts';

/** Judges shop by shop: each finding names its tenant, in words too where there are several. */
export function inEachShop(judge: (shop: ShopSeen) => Finding[]): (seen: SmokeSeen) => Finding[] {
  return ({ tenants }) =>
    tenants.flatMap((shop) =>
      judge(shop).map((finding) => ({
        ...finding,
        unit: shop.tenant,
        message: tenants.length > 1 ? `${shop.tenant}: ${finding.message}` : finding.message,
      })),
    );
}
