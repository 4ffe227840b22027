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

const kept = (kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>) =>
  [`${kind}/${name}`, { object: { metadata: { name }, data } }] as const;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const objections = (of: PodSpec, container: string, ...held: ReturnType<typeof kept>[]) =>
  objectionsTo(of, container, new Map(held));
const init = (...command: string[]) => spec({}, { initContainers: [{ name: 'first', image: 'tools', command }] });
const shell = (script: string) => init('sh', '-c', script);
const beside = (one: object) => spec({}, { containers: [main, { name: 'beside', image: 'other', ...one }] });

const WOULD = /^Container "\w+" would update its database by starting \(([^)]*)\): .* Job of its own\.$/;
const COULD =
  /^Container "\w+" is started with (.*), and its words do not show that Odoo is not what reads it: .* Job of its own; .*$/;

describe('a workload that may not run beside itself', () => {
  it.each<[string, PodSpec, string]>([
    ['-u in its arguments', spec({ args: ['-u', 'all'] }), '-u'],
    ['-i in its command', spec({ command: ['odoo', '-i', 'sale'] }), '-i'],
    ['--update with a value', spec({ args: ['--update=sale'] }), '--update'],
    ['a long name that is cut', spec({ args: ['odoo', '--upd', 'sale', '--ini=web'] }), '--upd, --ini'],
    ['click-odoo-update', spec({ command: ['click-odoo-update'] }), 'click-odoo-update'],
    ['marabunta in an init container', init('/usr/bin/marabunta'), 'marabunta'],
    ['Odoo by its path', spec({ command: ['/opt/odoo/odoo-bin', '-u', 'all'] }), '-u'],
    ['Odoo through Python, which has a -u too', spec({ command: ['python3', '-u', '/odoo-bin', '-i', 'sale'] }), '-i'],
    ['Odoo as a module', init('python3', '-m', 'odoo', '-u', 'all'), '-u'],
    ['a database that is called like a program', spec({ args: ['odoo', '-d', 'test', '-u', 'all'] }), '-u'],
    ['-u with its modules in one word', spec({ args: ['odoo', '-uall'] }), '-u'],
    ['-i with its modules in one word', spec({ command: ['odoo', '-ibase,web'] }), '-i'],
    ['-u with an equals sign', spec({ args: ['odoo', '-u=all'] }), '-u'],
    ['a migration as an argument', spec({ args: ['sh', '-c', 'odoo -uall --stop-after-init; odoo'] }), '-u'],
    ['an update in a shell', spec({ command: ['sh', '-c', 'odoo -u all && odoo'], args: [NO_CRON] }), '-u'],
    ['Odoo after another command', shell('sed -i s/a/b/ /conf && exec odoo -u all'), '-u'],
    ['Odoo on two lines', shell('odoo \\\n  -u all'), '-u'],
    ['Odoo when something is true', shell('if test -e /x; then\n odoo -u all\nfi'), '-u'],
    ['Odoo as somebody', shell('gosu odoo odoo -u all'), '-u'],
    ['Odoo on another machine', shell('ssh odoo.example odoo -u all'), '-u'],
    ['Odoo by a program that is not known', shell('wait-for db:5432 -- odoo -u all'), '-u'],
    [
      'the same image in an init container',
      spec({}, { initContainers: [{ name: 'first', image: main.image, args: ['-u', 'all'] }] }),
      '-u',
    ],
  ])('would update by %s', (_, of, switches) => {
    const told = objections(of, 'odoo').filter((one) => !one.includes('through a shell'));
    expect(told).toEqual([expect.stringMatching(WOULD)]);
    expect(WOULD.exec(told[0] ?? '')?.[1]).toBe(switches);
  });

  it.each<[string, PodSpec, string]>([
    ['a script of its own', spec({ command: ['/start', '-u', 'all'], args: [] }), '-u'],
    ['a script through a shell', init('sh', '/start.sh', '--init=base'), '--init'],
    ['an entry point that is not known', beside({ args: ['-i', 'eth0'] }), '-i'],
    ['words that are kept for later', shell('WHAT="-u all"; odoo $WHAT'), '-u'],
    ['a variable of the shell', shell('WHAT=-uall; odoo $WHAT'), '-u'],
    ['a variable before a program', shell('WHAT=-uall set -e; odoo $WHAT'), '-u'],
    ['words for whoever reads them', shell('echo -u all | xargs odoo'), '-u'],
    ['words that a shell sets', shell('set -- "$@" -u all; exec odoo "$@"'), '-u'],
    ['nothing but words that a shell sets', shell('set -e -- -u all; exec odoo "$@"'), '-u'],
    ['a command that is written in two', shell('odoo $(cat /options) -u all'), '-u'],
  ])('could update by %s, which is said to be unclear', (_, of, switches) => {
    const told = objections(of, 'odoo').filter((one) => !one.includes('through a shell'));
    expect(told).toEqual([expect.stringMatching(COULD)]);
    expect(COULD.exec(told[0] ?? '')?.[1]).toBe(switches);
  });

  it.each<[string, PodSpec]>([
    ['sed -i', shell('sed -i s/a/b/ /etc/odoo/odoo.conf')],
    ['sed -i with the path of Odoo', shell('set -eu\nsed -i s/a/b/ /opt/odoo; cp -u /a /srv/odoo')],
    ['sed without a shell', init('sed', '-i', 's/a/b/', '/conf')],
    ['sed as somebody', shell('exec gosu odoo sed -i s/a/b/ /conf')],
    ['grep, when something is true', shell('if grep -i x /conf; then exit 1; fi')],
    ['curl in a substitution', shell('STATUS=$(curl -i http://odoo:8069) && test "$STATUS"')],
    ['Python that does not hold back what it says', beside({ command: ['python', '-u', 'exporter.py'] })],
    ['a shell that minds its variables', init('bash', '-u', '/start.sh')],
    ['a test of a file', shell('[ -u /start ] || exit 1')],
    ['a file called so', spec({ args: ['--config=/etc/odoo-update.conf', '--data-dir=/srv/-user'] })],
    ['-u within a word', spec({ args: ['--db-user=odoo', '--log-level=info', '--initial'] })],
    ['nothing of that kind', spec()],
  ])('is not one with %s', (_, of) => expect(objections(of, 'odoo')).toEqual([]));

  const UPDATE = '--workers=2 -u base';
  const conf = kept('ConfigMap', 'conf', { EXTRA: UPDATE, OTHER: '--workers=2' });
  const keys = kept('Secret', 'keys', { EXTRA: base64(`${UPDATE} hunter2`), OTHER: base64('hunter2') });
  const byKey = (kind: string, key: string) =>
    spec({ env: [{ name: 'MORE', valueFrom: { [kind]: { name: kind === 'secretKeyRef' ? 'keys' : 'conf', key } } }] });
  it.each<[string, PodSpec, string]>([
    ['itself', spec({ env: [{ name: 'MORE', value: UPDATE }] }), '-u in its variable MORE: if'],
    ['a key', byKey('configMapKeyRef', 'EXTRA'), '-u in its variable MORE (key EXTRA of ConfigMap conf): if'],
    ['a key of a Secret', byKey('secretKeyRef', 'EXTRA'), ' its variable MORE (key EXTRA of Secret keys): if'],
    [
      'a whole object',
      spec({ envFrom: [{ prefix: 'A_', configMapRef: { name: 'conf' } }] }),
      '-u in its variable A_EXTRA (key EXTRA of ConfigMap conf): if',
    ],
    [
      'a whole Secret',
      spec({ envFrom: [{ secretRef: { name: 'keys' } }] }),
      ' its variable EXTRA (key EXTRA of Secret keys): if',
    ],
  ])('could update by a variable from %s', (_, of, source) => {
    const told = objections(of, 'odoo', conf, keys);
    expect(told).toEqual([expect.stringContaining(source)]);
    expect(told[0]).toMatch(/would update its database by starting.*Job of its own/);
    // Of a Secret not even what was found in it.
    expect(told[0]).not.toMatch(/hunter2|workers/);
    if (source.includes('Secret')) expect(told[0]).not.toContain('-u');
  });

  it('is not one whose variables say nothing of it, or are not there', () => {
    for (const kind of ['configMapKeyRef', 'secretKeyRef'])
      expect(objections(byKey(kind, 'OTHER'), 'odoo', conf, keys)).toEqual([]);
    const optional = spec({ envFrom: [{ secretRef: { name: 'gone', optional: true } }] });
    expect(objections(optional, 'odoo', conf, keys)).toEqual([]);
  });

  it('is told without its values: they may be secrets', () => {
    const told = objections(
      spec({
        command: ['sh', '-c', 'PGPASSWORD=hunter2 odoo -u all'],
        env: [{ name: 'URL', value: 'postgres://odoo:hunter2@db -i base' }],
      }),
      'odoo',
    ).join();
    expect(told).not.toContain('hunter2');
    expect(told).toContain('Container "odoo" would update its database by starting (-u)');
    expect(told).toContain('Container "odoo" has -i in its variable URL');
  });

  it('because a shell swallows what is appended, unless jobs are off already', () => {
    expect(objections(spec({ command: ['/bin/sh', '-c', 'exec odoo'] }), 'odoo').join()).toContain(
      'started through a shell',
    );
    expect(objections(spec({ args: ['bash', '-c', 'exec odoo'] }), 'odoo').join()).toContain('started through a shell');
    expect(objections(spec({ command: ['sh', '/start'], args: [NO_CRON] }), 'odoo')).toEqual([]);
  });

  it('because it names no arguments: one that is appended would take the place of those in the image', () => {
    for (const args of [undefined, []]) {
      const told = objections(spec({ args } as object), 'odoo');
      expect(told).toEqual([expect.stringContaining('would replace those of the image')]);
    }
    expect(objections(spec({ command: ['odoo'], args: [] }), 'odoo')).toEqual([]);
  });

  it('because the container has another name', () => {
    expect(objections(spec(), 'web')).toEqual([expect.stringContaining('it has odoo')]);
  });
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
