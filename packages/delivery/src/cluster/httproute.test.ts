import { describe, expect, it } from '@jest/globals';
import type { Ref } from '@tillgate/kubernetes';
import { httpRouteRouter } from './httproute.ts';
import { memoryWriter } from './memory-writer.test-kit.ts';

const ROUTE: Ref = { kind: 'HTTPRoute', namespace: 'shop', name: 'odoo' };

function checked(sessions: boolean, more: object = {}) {
  const { writer, objects } = memoryWriter();
  const rules = [{ backendRefs: [{ name: 'odoo', port: 8069 }], ...more }];
  objects.put(ROUTE, { metadata: { name: 'odoo' }, spec: { rules } } as never);
  const options = { namespace: 'shop', deployment: 'odoo', service: 'odoo', httpRoute: 'odoo', testers: null };
  return httpRouteRouter(writer, { ...options, sessions }).check();
}

describe('an HTTPRoute, which by itself keeps no sessions together', () => {
  it('is refused where clients have sessions, and says what else there is', async () => {
    await expect(checked(true)).rejects.toThrow(/keeps no sessions together.*sessionPersistence.*Traefik.*nowhere/);
  });

  it('is taken where its gateway keeps them, or where there are none', async () => {
    await checked(true, { sessionPersistence: { sessionName: 'lane', type: 'Cookie' } });
    await checked(false);
  });
});
