import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { candidateDeployment, candidateService, NO_CRON, objectionsTo, replicasFor } from './candidate.ts';
import { configurationOf, pinnedName } from './configuration.ts';
import type { Deployment, PodSpec } from './objects.ts';

const main = { name: 'odoo', image: 'registry.example/odoo@sha256:old', args: ['odoo'] };
const spec = (changes: Partial<PodSpec['containers'][number]> = {}, more: Partial<PodSpec> = {}): PodSpec => ({
  containers: [{ ...main, ...changes }],
  ...more,
});

describe('a workload that may not run beside itself', () => {
  it.each([
    ['-u in its arguments', spec({ args: ['-u', 'all'] })],
    ['-i in its command', spec({ command: ['odoo', '-i', 'sale'] })],
    ['--update with a value', spec({ args: ['--update=sale'] })],
    ['click-odoo-update', spec({ command: ['click-odoo-update'] })],
    [
      'marabunta in an init container',
      spec({}, { initContainers: [{ name: 'migrate', image: 'x', command: ['/usr/bin/marabunta'] }] }),
    ],
    ['an update in its environment', spec({ env: [{ name: 'EXTRA', value: '--workers=2 -u base' }] })],
    ['-u with its modules in one word', spec({ args: ['odoo', '-uall'] })],
    ['-i with its modules in one word', spec({ command: ['odoo', '-ibase,web'] })],
    ['-u with an equals sign', spec({ args: ['odoo', '-u=all'] })],
    ['a migration as an argument of the image', spec({ args: ['sh', '-c', 'odoo -uall --stop-after-init; odoo'] })],
    ['an update in a shell', spec({ command: ['sh', '-c', 'odoo -u all && odoo'], args: [NO_CRON] })],
  ])('%s', (_, of) => {
    expect(objectionsTo(of, 'odoo').join()).toContain('would update its database by starting');
  });

  it('is told without its values: they may be secrets', () => {
    const told = objectionsTo(
      spec({
        command: ['sh', '-c', 'PGPASSWORD=hunter2 odoo -u all'],
        env: [{ name: 'URL', value: 'postgres://odoo:hunter2@db -i base' }],
      }),
      'odoo',
    ).join();
    expect(told).not.toContain('hunter2');
    expect(told).toContain('Container "odoo" would update its database by starting (-u, -i)');
  });

  it('because a shell swallows what is appended, unless jobs are off already', () => {
    expect(objectionsTo(spec({ command: ['/bin/sh', '-c', 'exec odoo'] }), 'odoo').join()).toContain(
      'started through a shell',
    );
    expect(objectionsTo(spec({ args: ['bash', '-c', 'exec odoo'] }), 'odoo').join()).toContain(
      'started through a shell',
    );
    expect(objectionsTo(spec({ command: ['sh', '/start'], args: [NO_CRON] }), 'odoo')).toEqual([]);
  });

  it('because it names no arguments: one that is appended would take the place of those in the image', () => {
    for (const args of [undefined, []]) {
      const told = objectionsTo(spec({ args } as object), 'odoo');
      expect(told).toEqual([expect.stringContaining('would replace those of the image')]);
    }
    expect(objectionsTo(spec({ command: ['odoo'], args: [] }), 'odoo')).toEqual([]);
  });

  it('because the container has another name', () => {
    expect(objectionsTo(spec(), 'web')).toEqual([expect.stringContaining('it has odoo')]);
  });

  it.each([
    ['plain', spec()],
    ['with a file called so', spec({ args: ['--config=/etc/odoo-update.conf', '--data-dir=/srv/-user'] })],
    ['with -u in a word', spec({ args: ['--db-user=odoo', '--log-level=info'] })],
  ])('is none that is %s', (_, of) => expect(objectionsTo(of, 'odoo')).toEqual([]));
});

describe('a candidate', () => {
  const stable: Deployment = {
    metadata: {
      name: 'odoo',
      labels: { app: 'odoo', 'app.kubernetes.io/instance': 'shop' },
      annotations: {
        'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/odoo',
        'deployment.kubernetes.io/revision': '7',
      },
    },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'odoo' } },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels: { app: 'odoo' }, annotations: { 'argocd.argoproj.io/tracking-id': 'x', keep: 'yes' } },
        spec: spec(
          {
            args: ['--workers=2'],
            envFrom: [{ configMapRef: { name: 'conf' } }, { secretRef: { name: 'none', optional: true } }],
          },
          {
            volumes: [
              { name: 'c', projected: { sources: [{ secret: { name: 'keys' } }] } },
              { name: 'd', emptyDir: {} },
            ],
          },
        ),
      },
    },
  };
  const contents = new Map([
    ['ConfigMap/conf', digestOf('conf')],
    ['Secret/keys', digestOf('keys')],
  ]);
  const made = candidateDeployment({
    stable,
    container: 'odoo',
    image: 'registry.example/odoo@sha256:new',
    replicas: 2,
    labels: { app: 'odoo-candidate' },
    contents,
    epoch: 3,
  });

  it('is the same but for image, labels, jobs and configuration, which is pinned', () => {
    const { template } = made.spec;
    const [container] = template.spec.containers;
    expect(container).toMatchObject({ image: 'registry.example/odoo@sha256:new', args: ['--workers=2', NO_CRON] });
    expect(container?.envFrom).toEqual([
      { configMapRef: { name: pinnedName('conf', digestOf('conf')) } },
      { secretRef: { name: 'none', optional: true } },
    ]);
    expect(template.spec.volumes).toEqual([
      { name: 'c', projected: { sources: [{ secret: { name: pinnedName('keys', digestOf('keys')) } }] } },
      { name: 'd', emptyDir: {} },
    ]);
    expect(made.spec).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate' },
      selector: { matchLabels: { app: 'odoo-candidate' } },
    });
    expect(stable.spec.template.spec.containers[0]?.args).toEqual(['--workers=2']);
  });

  it('bears no mark by which a GitOps tool would take it for its own', () => {
    const text = JSON.stringify([made.metadata, made.spec.template.metadata]);
    expect(text).not.toMatch(/argocd|app.kubernetes.io\/instance|revision/);
    expect(made.spec.template.metadata?.annotations).toEqual({ keep: 'yes' });
    expect(made.metadata.annotations).toMatchObject({ 'tillgate.dev/epoch': '3' });
  });

  it('has a Service of its own with the same ports, but none of a node', () => {
    const service = candidateService(
      {
        metadata: { name: 'odoo' },
        spec: {
          type: 'NodePort',
          clusterIP: '10.0.0.1',
          selector: { app: 'odoo' },
          ports: [{ name: 'http', port: 8069, targetPort: 'http', nodePort: 30_000 } as never],
        },
      },
      'odoo',
      { app: 'odoo-candidate' },
      3,
    );
    expect(service.spec).toEqual({
      selector: { app: 'odoo-candidate' },
      ports: [{ name: 'http', port: 8069, targetPort: 'http' }],
    });
  });

  it('finds all that its pods are configured by, each once', () => {
    expect(configurationOf(stable.spec.template.spec)).toEqual([
      { kind: 'ConfigMap', name: 'conf', optional: false },
      { kind: 'Secret', name: 'keys', optional: false },
      { kind: 'Secret', name: 'none', optional: true },
    ]);
  });

  it.each([
    [0, 4, 1],
    [500, 4, 1],
    [2_500, 4, 1],
    [2_600, 4, 2],
    [5_000, 3, 2],
    [9_999, 10, 10],
  ])('of %d hundredths of a percent beside %d pods has %d', (share, beside, pods) => {
    expect(replicasFor(share, beside)).toBe(pods);
  });
});
