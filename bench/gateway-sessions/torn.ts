import { until } from '@tillgate/testbed';
import { type DeliveryBed, writerAs } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { MANAGER } from '../../packages/delivery/src/cluster/names.ts';
import { makeScene, type Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { ask } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { GATEWAY } from './envoy-gateway.ts';

/** So many sessions are looked at for each route, and each asks so often with the cookies that it has. */
export const SESSIONS = 40;
const ASKS = 6;
const KEPT = { sessionPersistence: { sessionName: 'lane', type: 'Cookie' } };

interface Laid {
  /** The rules of the route. */
  rules: readonly object[];
  /** What a session asks for, in turn. */
  paths?: readonly string[];
}

const member = (name: string) => ({ name, port: 8069, weight: 1 });
const both = (more: object = {}) => ['odoo', 'other'].map((name) => ({ ...member(name), ...more }));
const at = (value: string) => ({ path: { type: 'PathPrefix', value } });
const FILTERS = {
  filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-by', value: 'gateway' }] } }],
};

/** Routes with `sessionPersistence`, of which a delivery takes the first two and refuses the others. */
const ROUTES = {
  plain: { rules: [{ ...KEPT, backendRefs: both() }] },
  filters_of_the_rule: { rules: [{ ...KEPT, ...FILTERS, backendRefs: both() }] },
  filters_of_backends: { rules: [{ ...KEPT, backendRefs: both(FILTERS) }] },
  empty_matches: { rules: [{ ...KEPT, matches: [], backendRefs: both() }] },
  another_port: {
    rules: [
      { ...KEPT, backendRefs: both() },
      { matches: [at('/websocket')], backendRefs: [{ name: 'odoo', port: 8072 }] },
    ],
    paths: ['/', '/websocket'],
  },
} as const satisfies Record<string, Laid>;
export type Route = keyof typeof ROUTES;

/** Of forty sessions, how many changed their version over each of the routes, half the traffic for either version. */
export async function torn(bed: DeliveryBed): Promise<Record<Route, number>> {
  const scene = await makeScene(bed, { by: 'httproute', gateway: GATEWAY, rule: KEPT });
  const here = ['-n', scene.namespace];
  const image = `--image=${scene.images[scene.to]}`;
  await bed.cluster.kubectl(['create', 'deployment', 'other', image, '--replicas=3', '--port=8069', ...here]);
  await bed.cluster.kubectl(['expose', 'deployment', 'other', '--port=8069', ...here]);
  await bed.cluster.kubectl(['rollout', 'status', 'deployment/other', ...here]);
  const counts: Partial<Record<Route, number>> = {};
  for (const name of Object.keys(ROUTES) as Route[]) {
    const { rules, paths = ['/'] }: Laid = ROUTES[name];
    await lay(bed, scene, name, rules);
    let changed = 0;
    for (let index = 0; index < SESSIONS; index++) if (await changes(bed, scene, paths)) changed++;
    counts[name] = changed;
  }
  return counts as Record<Route, number>;
}

/** Lays a route, and waits until Envoy has it. */
async function lay(bed: DeliveryBed, scene: Scene, name: Route, rules: readonly object[]): Promise<void> {
  // The rules of a route come to Envoy together: one that only this route has tells that the others are there.
  const mark = `/laid-${name}`;
  const laid = { matches: [at(mark)], filters: [{ type: 'RequestRedirect', requestRedirect: { statusCode: 302 } }] };
  const route = { kind: 'HTTPRoute', namespace: scene.namespace, name: 'odoo' } as const;
  await writerAs(bed, MANAGER).apply(route, { spec: { rules: [...rules, laid] } });
  await until(`Envoy has the route ${name}`, async () => (await ask(bed, scene, mark)).status === 302);
}

/** Whether one session meets both versions. */
async function changes(bed: DeliveryBed, scene: Scene, paths: readonly string[]): Promise<boolean> {
  const cookies = new Map<string, string>();
  const versions = new Set<string>();
  for (let index = 0; index < ASKS; index++) {
    const cookie = [...cookies.values()].join('; ');
    const answer = await ask(bed, scene, paths[index % paths.length] ?? '/', cookie === '' ? {} : { cookie });
    for (const each of answer.cookies) cookies.set(each.split('=')[0] ?? '', each);
    versions.add(answer.version);
  }
  return versions.size > 1;
}
