import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { candidateDeployment, candidateService } from './candidate.ts';
import { requireDerived } from './derived.ts';
import type { Deployment, PodSpec, Service } from './objects.ts';

const stable: Deployment = {
  metadata: { name: 'odoo', namespace: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'odoo' } },
    template: {
      metadata: { labels: { app: 'odoo' }, annotations: { 'kubectl.kubernetes.io/restartedAt': 'x' } },
      spec: {
        volumes: [{ name: 'd', emptyDir: {} }],
        containers: [
          {
            name: 'odoo',
            image: 'registry.example/odoo@sha256:old',
            args: ['odoo'],
            env: [{ name: 'HOST', value: 'db' }],
            envFrom: [{ configMapRef: { name: 'conf' } }, { secretRef: { name: 'keys' } }],
          },
        ],
      },
    },
  },
};
const labels = { app: 'odoo', 'tillgate.dev/track': 'candidate' };
const made = (): Deployment => {
  const contents = new Map([
    ['ConfigMap/conf', digestOf('conf')],
    ['Secret/keys', digestOf('keys')],
  ]);
  const image = 'registry.example/odoo@sha256:new';
  const one = candidateDeployment({ stable, container: 'odoo', image, replicas: 1, labels, contents, epoch: 1 });
  return structuredClone({ ...one, metadata: { ...one.metadata, namespace: 'shop' } });
};
const service = (): Service =>
  candidateService({ metadata: { name: 'odoo' }, spec: { ports: [{ port: 8069 }] } }, 'odoo', labels, 1);
const judged = (candidate: Deployment, own: Service | undefined = service()) =>
  requireDerived({ candidate, service: own }, stable, 'odoo');
const changed = (change: (spec: PodSpec, whole: Deployment) => void) => {
  const one = made();
  change(one.spec.template.spec, one);
  return one;
};
const main = (spec: PodSpec) => spec.containers[0] as PodSpec['containers'][number];

describe('a candidate that lies there', () => {
  it('is ours where it is what would be derived, with copies of configuration as they were', () => {
    expect(() => judged(made())).not.toThrow();
    expect(() => judged(made(), undefined)).not.toThrow();
  });

  it.each<[string, (spec: PodSpec, whole: Deployment) => void]>([
    ['a variable more', (spec) => main(spec).env?.push({ name: 'PGHOST', value: 'elsewhere' })],
    ['no switch for scheduled jobs', (spec) => main(spec).args?.pop()],
    ['a container more', (spec) => spec.containers.push({ name: 'spy', image: 'x' })],
    ['an init container', (spec) => Object.assign(spec, { initContainers: [{ name: 'spy', image: 'x' }] })],
    ['the network of its node', (spec) => Object.assign(spec, { hostNetwork: true })],
    [
      'configuration of somebody else',
      (spec) => Object.assign(main(spec), { envFrom: [{ secretRef: { name: 'evil' } }] }),
    ],
    [
      'a selector that is not of its pods',
      (_, whole) => Object.assign(whole.spec.selector, { matchLabels: { app: 'x' } }),
    ],
    [
      'pods that bear another label',
      (_, whole) => Object.assign(whole.spec.template.metadata?.labels ?? {}, { app: 'x' }),
    ],
  ])('is refused with %s', (_, change) => {
    expect(() => judged(changed(change))).toThrow('was not made by this delivery');
  });

  it('is refused where its Service leads elsewhere', () => {
    const own = service();
    expect(() => judged(made(), { ...own, spec: { ...own.spec, selector: { app: 'spy' } } })).toThrow('other pods');
  });
});
