import { digestOf, type Sha256 } from '@tillgate/release';
import type { Deployment } from './objects.ts';
import type { Scene } from './scene.test-kit.ts';

/** Objects that whoever holds the deploy token may make for a candidate, and such that differ from them in one point. */
export function candidatesOf(of: Scene, stable: Deployment): { good: object[]; bad: object[] } {
  const labels = { app: 'odoo', 'tillgate.dev/track': 'candidate' };
  const candidate = (name: string, more: object, ofMain: object = {}, digest: Sha256 = of.to) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: of.namespace,
      labels: { 'tillgate.dev/track': 'candidate' },
      annotations: { 'tillgate.dev/image': digest },
    },
    spec: {
      ...stable.spec,
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { ...stable.spec.template.metadata, labels },
        spec: {
          ...stable.spec.template.spec,
          containers: [{ ...stable.spec.template.spec.containers[0], image: of.images[of.to], ...ofMain }],
          ...more,
        },
      },
    },
  });
  const service = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'odoo-candidate', namespace: of.namespace, labels: { 'tillgate.dev/track': 'candidate' } },
    spec: { selector: labels, ports: [{ port: 8069 }], ...spec },
  });
  const route = (match: string, services: object[] = [{ name: 'odoo-candidate', port: 8069 }]) => ({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: 'odoo-candidate', namespace: of.namespace, labels: { 'tillgate.dev/track': 'candidate' } },
    spec: { entryPoints: ['web'], routes: [{ kind: 'Rule', match, services }] },
  });
  const own = `Host(\`${of.host}\`)`;
  const mark = 'Header(`X-Tester`, `yes`)';
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'taken',
      namespace: of.namespace,
      labels: { 'tillgate.dev/track': 'candidate' },
      annotations: { 'kubernetes.io/service-account.name': 'default' },
    },
    type: 'kubernetes.io/service-account-token',
    immutable: true,
  };
  const repository = (of.images[of.to] as string).split('@')[0];
  const other = digestOf('never released');
  const good = [candidate('odoo-candidate', {}), service({}), route(`(${own}) && ${mark}`)];
  const bad = [
    candidate('other-candidate', {}),
    candidate('odoo-candidate', {}, { image: `elsewhere.test/odoo@${of.to}` }),
    candidate('odoo-candidate', {}, { image: `${repository}@${other}` }),
    candidate('odoo-candidate', {}, { image: `${repository}@${other}` }, other),
    candidate('odoo-candidate', {}, { args: ['-u', 'all'] }),
    candidate('odoo-candidate', {}, { command: ['id'] }),
    candidate('odoo-candidate', {}, { env: [{ name: 'PYTHONSTARTUP', value: '/tmp/x' }] }),
    candidate('odoo-candidate', {}, { envFrom: [] }),
    candidate('odoo-candidate', {}, { lifecycle: { postStart: { exec: { command: ['id'] } } } }),
    candidate('odoo-candidate', { hostNetwork: true }),
    candidate('odoo-candidate', { serviceAccountName: 'tillgate-watchdog' }),
    candidate('odoo-candidate', { volumes: [{ name: 'host', hostPath: { path: '/' } }] }),
    candidate('odoo-candidate', { initContainers: [{ name: 'first', image: of.images[of.to], command: ['id'] }] }),
    service({ externalIPs: ['192.0.2.1'] }),
    service({ type: 'NodePort' }),
    route('Host(`bank.test`)'),
    route(`${own} || Host(\`bank.test\`)`),
    route(`(${own}) && ${mark} || Host(\`bank.test\`)`),
    route(`(${own}) && ${mark}`, [{ name: 'other', port: 80 }]),
    route(`(${own}) && ${mark}`, [{ name: 'odoo-candidate', namespace: 'default', port: 80 }]),
    secret,
  ];
  return { good, bad };
}
