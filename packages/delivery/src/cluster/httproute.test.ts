import { describe, expect, it } from '@jest/globals';
import type { Ref, Writer } from '@tillgate/kubernetes';
import type { Testers } from '../plan.ts';
import { httpRouteRouter } from './httproute.ts';
import { memoryWriter } from './memory-writer.test-kit.ts';

const ROUTE: Ref = { kind: 'HTTPRoute', namespace: 'shop', name: 'odoo' };

const BACKEND = { name: 'odoo', port: 8069 };
const KEPT = { sessionPersistence: { sessionName: 'lane', type: 'Cookie' } };

function placed(sessions: boolean, rules: readonly object[], testers: Testers | null = null) {
  const { writer, objects } = memoryWriter();
  const applying = { ...writer, apply: (ref: Ref, object: object) => writer.patch(ref, 'merge', object) } as Writer;
  objects.put(ROUTE, { metadata: { name: 'odoo' }, spec: { rules } } as never);
  const options = { namespace: 'shop', deployment: 'odoo', service: 'odoo', httpRoute: 'odoo', testers };
  return { router: httpRouteRouter(applying, { ...options, sessions }), objects };
}

const checked = (sessions: boolean, more: object = {}, ...others: object[]) =>
  placed(sessions, [{ backendRefs: [BACKEND], ...more }, ...others]).router.check(true);

describe('an HTTPRoute, which by itself keeps no sessions together', () => {
  it('is refused where clients have sessions, and says what else there is', async () => {
    await expect(checked(true)).rejects.toThrow(/keeps no sessions together.*sessionPersistence.*Traefik.*nowhere/);
  });

  it('is taken where its gateway keeps them, or where there are none', async () => {
    await checked(true, KEPT);
    await checked(false);
  });

  it('is refused with sessions in a header, which no browser sends back', async () => {
    await expect(checked(true, { sessionPersistence: { sessionName: 'lane', type: 'Header' } })).rejects.toThrow(
      /by a header.*type: Cookie/,
    );
  });

  it('is refused where its backends have filters, for then the gateway picks a backend before it looks at the cookie', async () => {
    const backendRefs = [{ ...BACKEND, filters: [{ type: 'RequestHeaderModifier' }] }];
    await expect(checked(true, { ...KEPT, backendRefs })).rejects.toThrow(/filters of its backend.*of the rule/);
    await checked(false, { backendRefs });
  });

  it('is refused where its first rule has several paths, for each of them has a cookie of its own', async () => {
    const matches = ['/shop', '/web'].map((value) => ({ path: { type: 'PathPrefix', value } }));
    await expect(checked(true, { ...KEPT, matches })).rejects.toThrow(/\/shop, \/web.*one path/);
    await checked(true, { ...KEPT, matches: [{}, { path: { type: 'PathPrefix', value: '/' } }] });
    await checked(false, { matches });
  });

  it('is refused with an empty list of matches, for which Envoy Gateway leaves the sessions out', async () => {
    await expect(checked(true, { ...KEPT, matches: [] })).rejects.toThrow(/no matches.*PathPrefix/);
    await checked(false, { matches: [] });
  });

  it('is refused where another port of the workload goes beside the weights, because no cookie leads there', async () => {
    const websocket = { matches: [{ path: { value: '/websocket' } }], backendRefs: [{ name: 'odoo', port: 8072 }] };
    await expect(checked(true, KEPT, websocket)).rejects.toThrow(/port 8072.*Traefik/);
    await checked(false, {}, websocket);
    // What shall always be answered by stable, such as connectors, may.
    await checked(true, KEPT, { ...websocket, backendRefs: [BACKEND] });
  });
});

it('is not begun with where one of its rules leads to a candidate already, unless this goes on or back', async () => {
  const { router } = placed(false, [
    { backendRefs: [BACKEND] },
    { backendRefs: [{ ...BACKEND, name: 'odoo-candidate' }] },
  ]);
  await expect(router.check(true)).rejects.toThrow(
    /a rule of HTTPRoute shop\/odoo that leads to odoo-candidate already/,
  );
  await router.check(false);
});

it('leaves rules after the first as they are, such as those that keep connectors on stable', async () => {
  const connectors = { matches: [{ path: { type: 'PathPrefix', value: '/jsonrpc' } }], backendRefs: [BACKEND] };
  const testers: Testers = { by: 'header', name: 'X-Tester', value: 'yes' };
  const { router, objects } = placed(false, [{ backendRefs: [BACKEND] }, connectors], testers);
  await router.check(true);
  await router.setSides('testers', 1);
  await router.setShare(5_000, 1, 0);
  const { rules } = (objects.at(ROUTE) as unknown as { spec: { rules: object[] } }).spec;
  expect(rules).toHaveLength(3);
  expect(rules[1]).toEqual(connectors);
  expect(await router.read()).toMatchObject({ share: 5_000, sides: 'testers' });
  await router.setSides('none', 1);
  const [first, ...others] = (objects.at(ROUTE) as unknown as { spec: { rules: object[] } }).spec.rules;
  expect(others).toEqual([connectors]);
  expect(first).toHaveProperty('backendRefs', [
    { ...BACKEND, weight: 5_000 },
    { ...BACKEND, name: 'odoo-candidate', weight: 5_000 },
  ]);
});

describe('the rule of testers', () => {
  it('has all that the first rule has but its sessions: a name must not be used by two rules', async () => {
    const timeouts = { request: '30s' };
    const testers: Testers = { by: 'header', name: 'X-Tester', value: 'yes' };
    const { router, objects } = placed(true, [{ ...KEPT, timeouts, backendRefs: [BACKEND] }], testers);
    await router.setSides('testers', 1);
    const { spec } = objects.at(ROUTE) as unknown as { spec: { rules: object[] } };
    expect(spec.rules).toEqual([
      { ...KEPT, timeouts, backendRefs: [BACKEND] },
      {
        timeouts,
        matches: [{ headers: [{ type: 'Exact', name: 'X-Tester', value: 'yes' }] }],
        backendRefs: [{ name: 'odoo-candidate', port: 8069 }],
      },
    ]);
  });
});
