import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleShop, exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const away = { results: [], planned: [], trouble: '/web/webclient/version_info: no connection (ECONNREFUSED).' };

/** A tenant of which nothing, or not everything, is known. */
export const notReached: Rule<SmokeSeen> = {
  id: 'smoke/not-reached',
  meaning: 'A tenant could not be reached, its user could not log in, its database is taken, or its visit ended early.',
  why: 'A tenant that was not gone through may be the one that the release breaks; the others say nothing of it.',
  remedy: 'Mend what the message names, for this tenant, and run the gate again.',
  bad: [
    { title: 'nobody answers', seen: exampleSmoke(away), severity: 'unknown' },
    {
      title: 'one of two tenants is away',
      seen: exampleSmoke({}, { tenants: [exampleShop(), exampleShop({ ...away, tenant: 'harbour-shop' })] }),
      severity: 'unknown',
    },
    {
      title: 'the lock was lost in the middle',
      seen: exampleSmoke({ trouble: 'The lock of this run is lost: another run has taken the database.' }),
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'all were reached', seen: exampleSmoke({}, { tenants: [exampleShop(), exampleShop({ tenant: 'b' })] }) },
  ],
  judge: inEachShop(({ tenant, trouble }) =>
    trouble === undefined
      ? []
      : [
          {
            rule: 'smoke/not-reached',
            key: tenant,
            severity: 'unknown',
            message: trouble,
            place: tenant,
            remedy: notReached.remedy,
          },
        ],
  ),
};
