import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Writer } from '@tillgate/kubernetes';
import { digestOf, type Sha256 } from '@tillgate/release';
import { component, failed, needBed, until } from '@tillgate/testbed';
import { drive } from '../drive/drive.ts';
import { phaseOf } from '../phase.ts';
import type { Goal } from '../plan.ts';
import type { Status } from '../status.ts';
import {
  ask,
  beginOn,
  CONTAINER,
  type DeliveryBed,
  deliver,
  makeScene,
  mortal,
  planFor,
  type Rig,
  rigFor,
  type Scene,
  startDeliveryBed,
  startPeople,
  writerOf,
} from './bed.test-kit.ts';
import { environmentObject } from './environment.ts';
import type { Deployment, Keyed } from './objects.ts';

const tools = await needBed(
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'shop',
  'traefik',
  'prometheus',
);

const ROOT = join(import.meta.dirname, '../../../..');
const deploy = (name: string) => readFile(join(ROOT, 'deploy', name), 'utf8');
const ROLES = ['observe', 'deploy', 'watchdog', 'on-call'];

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;
let scene: Scene;
let deployer: Writer;

/** What is shipped, for the namespace of a scene. */
const shipped = async (name: string, { namespace }: Scene) =>
  (await deploy(name))
    .replaceAll('namespace: shop', `namespace: ${namespace}`)
    .replaceAll('value: shop', `value: ${namespace}`);

async function withRights(of: Scene): Promise<void> {
  for (const role of ROLES) await bed.cluster.kubectl(['apply', '-f', '-'], await shipped(`roles/${role}.yaml`, of));
  await bed.cluster.kubectl([
    'create',
    'rolebinding',
    'editors',
    '-n',
    of.namespace,
    '--clusterrole=edit',
    '--user=editor',
  ]);
}

/** A kubeconfig for the watchdog's service account. */
async function watchdogKubeconfig({ namespace }: Scene): Promise<string> {
  const token = (await bed.cluster.kubectl(['create', 'token', 'tillgate-watchdog', '-n', namespace])).trim();
  const config = JSON.parse(await readFile(bed.cluster.kubeconfig, 'utf8'));
  config.users[0].user = { token };
  const path = join(bed.cluster.bed.folder, `${namespace}-watchdog.kubeconfig`);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** Runs a shell with the real kubectl, as a user. */
async function shell(script: string, kubeconfig: string, env: Record<string, string> = {}) {
  const kubectl = (await component('kubectl')).path;
  const path = `${join(kubectl, '..')}:${process.env.PATH}`;
  chmodSync(kubeconfig, 0o600);
  const ended = spawnSync('sh', ['-e', '-c', script], {
    encoding: 'utf8',
    env: { PATH: path, KUBECONFIG: kubeconfig, HOME: bed.cluster.bed.folder, TMPDIR: bed.cluster.bed.folder, ...env },
    timeout: 60_000,
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** One tick of the shipped watchdog. */
async function tick(of: Scene, kubeconfig: string, seconds = 60) {
  const text = await deploy('watchdog.yaml');
  const from = text.indexOf('    #!/bin/sh');
  const script = text.slice(from, text.indexOf('---\n', from)).replace(/^ {4}/gm, '');
  return shell(script, kubeconfig, { NAMESPACE: of.namespace, DEPLOYMENT: 'odoo', TICK_SECONDS: String(seconds) });
}

/** The blocks of the page for people on call, by name. */
async function page(of: Scene): Promise<Map<string, string>> {
  const text = await readFile(join(ROOT, 'docs/delivery-on-call.md'), 'utf8');
  const blocks = [...text.matchAll(/```sh (\S+)\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, name = '', code = '']) => [name, code.replaceAll('-n shop', `-n ${of.namespace}`)]));
}

/** A delivery that is being driven with the deployer's rights. */
function driving(rig: Rig) {
  const stop = new AbortController();
  const driven = drive({ ...rig.driving, signal: stop.signal });
  driven.catch(() => {});
  return { driven, stop: () => stop.abort() };
}

const lease = ({ namespace }: Scene) => [
  'get',
  'lease',
  'tillgate-odoo',
  '-n',
  namespace,
  '-o',
  'jsonpath={.spec.renewTime}',
];

const heard = (rig: Rig, what: string) =>
  until(`${what} is said`, () => rig.said.some((one) => one.includes(what)), 60_000);

(tools ? describe : describe.skip)('accounts', () => {
  beforeAll(async () => {
    const users = ['tillgate-observe', 'tillgate-deploy', 'ci-robot', 'editor'].map((name) => ({ name }));
    bed = await startDeliveryBed([...users, { name: 'person', groups: ['on-call'] }]);
    await bed.cluster.kubectl(['apply', '-f', '-'], await deploy('admission.yaml'));
    scene = await makeScene(bed);
    await withRights(scene);
    deployer = await writerOf(bed, 'tillgate-deploy');
    await until('admission is in force', async () => {
      const refused = await (await writerOf(bed, 'editor'))
        .patch({ kind: 'ConfigMap', namespace: scene.namespace, name: 'tillgate-environment' }, 'merge', {
          data: { policy: 'x' },
        })
        .catch((cause: Error) => cause.message);
      return String(refused).includes('platform team');
    });
  });
  afterAll(() => bed?.cluster.stop());

  it('that deliver may do all that a delivery needs', async () => {
    const people = await startPeople(bed, scene);
    const rig = rigFor(bed, scene, await planFor(bed, scene), { writer: deployer });
    const driven = await deliver(rig);
    await people.stop();
    expect(phaseOf(rig.plan, driven.status)).toBe('promoted');
    const environment = environmentObject(deployer, scene.namespace);
    await environment.quarantine({ digest: digestOf('bad'), reason: 'it failed', at: new Date().toISOString() });
    await environment.quarantine({ digest: digestOf('worse'), reason: 'it failed too', at: new Date().toISOString() });
    expect((await environment.read()).quarantine).toHaveLength(2);
  });

  it('may do nothing else', async () => {
    const { namespace } = scene;
    const config = {
      deploy: await bed.cluster.kubeconfigOf('tillgate-deploy'),
      observe: await bed.cluster.kubeconfigOf('tillgate-observe'),
      editor: await bed.cluster.kubeconfigOf('editor'),
      person: await bed.cluster.kubeconfigOf('person'),
      watchdog: await watchdogKubeconfig(scene),
    };
    const image = `{"spec":{"template":{"spec":{"containers":[{"name":"${CONTAINER}","image":`;
    const n = `-n ${namespace}`;
    const environment = `configmap tillgate-environment ${n}`;
    const state = `configmap tillgate-delivery-odoo ${n}`;
    const tries: [keyof typeof config, string][] = [
      ['deploy', `get secrets ${n}`],
      ['deploy', `get configmaps ${n}`],
      ['deploy', 'get namespaces'],
      ['deploy', `get secrets -A`],
      ['deploy', `delete deployment odoo ${n}`],
      ['deploy', `scale deployment odoo --replicas=0 ${n}`],
      ['deploy', `patch deployment odoo ${n} --type=merge -p '{"spec":{"replicas":0}}'`],
      ['deploy', `patch deployment odoo ${n} -p '${image}"example.test/anything:latest"}]}}}}'`],
      [
        'deploy',
        `patch deployment odoo ${n} -p '{"spec":{"template":{"spec":{"containers":[{"name":"${CONTAINER}","args":["-u","all"]}]}}}}'`,
      ],
      ['deploy', `patch deployment odoo ${n} -p '{"spec":{"template":{"spec":{"serviceAccountName":"default"}}}}'`],
      ['deploy', `create deployment other --image=example.test/x@${digestOf('x')} ${n}`],
      ['deploy', `delete service odoo ${n}`],
      ['deploy', `patch service odoo ${n} -p '{"spec":{"selector":{"app":"other"}}}'`],
      ['deploy', `delete configmap odoo-config ${n}`],
      ['deploy', `delete secret odoo-secret ${n}`],
      ['deploy', `patch configmap odoo-config ${n} -p '{"data":{"WORKERS":"0"}}'`],
      ['deploy', `create configmap other --from-literal=a=b ${n}`],
      ['deploy', `create secret generic other --from-literal=a=b ${n}`],
      ['deploy', `exec deployment/odoo ${n} -- id`],
      ['deploy', `delete pods --all ${n}`],
      ['deploy', `get pods -A`],
      ['deploy', `patch ingressroute odoo ${n} --type=merge -p '{"spec":{"routes":[]}}'`],
      ['deploy', `delete traefikservice odoo ${n}`],
      ['deploy', `delete ${state}`],
      ['deploy', `delete ${environment}`],
      ['deploy', `patch ${environment} -p '{"data":{"policy":"${digestOf('weaker')}"}}'`],
      ['deploy', `patch ${environment} -p '{"data":{"keys":"{}  "}}'`],
      ['deploy', `patch ${environment} -p '{"data":{"freeze":"none"}}'`],
      ['deploy', `patch ${environment} -p '{"data":{"quarantine":"[]"}}'`],
      ['deploy', `annotate ${environment} a=b`],
      ['deploy', `create rolebinding more --clusterrole=admin --user=tillgate-deploy ${n}`],
      ['deploy', `create token tillgate-watchdog ${n}`],
      ['watchdog', `patch ${state} -p '{"data":{"escape":""}}'`],
      ['watchdog', `patch ${environment} -p '{"data":{"escape":"${digestOf('other')}"}}'`],
      ['watchdog', `delete deployment odoo ${n}`],
      ['watchdog', `patch deployment odoo ${n} -p '{"spec":{"replicas":0}}'`],
      ['watchdog', `patch deployment odoo ${n} -p '${image}"example.test/anything:latest"}]}}}}'`],
      ['watchdog', `patch deployment odoo-candidate ${n} -p '{"spec":{"replicas":0}}'`],
      ['watchdog', `get secrets ${n}`],
      ['watchdog', `get pods ${n}`],
      ['watchdog', `create configmap other --from-literal=a=b ${n}`],
      ['observe', `get secrets ${n}`],
      ['observe', `patch deployment odoo ${n} -p '{"spec":{"replicas":0}}'`],
      ['observe', `annotate ${state} tillgate.dev/command=abort`],
      ['observe', `patch ${environment} -p '{"data":{"head":""}}'`],
      ['person', `patch ${state} -p '{"data":{"status":"{}"}}'`],
      ['person', `annotate ${state} --overwrite tillgate.dev/epoch=99`],
      ['person', `annotate ${state} --overwrite tillgate.dev/command=abandoned`],
      ['person', `label ${state} a=b`],
      ['person', `patch deployment odoo ${n} -p '{"spec":{"replicas":0}}'`],
      // An editor of the namespace may nearly everything there, but steers no delivery and no watchdog.
      ['editor', `patch ${state} -p '{"data":{"escape":"stable pods x json []"}}'`],
      ['editor', `patch ${state} -p '{"data":{"safe":"new"}}'`],
      ['editor', `delete ${state}`],
      ['editor', `delete ${environment}`],
      ['editor', `patch ${environment} -p '{"data":{"escape":"${digestOf('other')}"}}'`],
      ['editor', `create configmap tillgate-delivery-other --from-literal=a=b ${n}`],
      ['editor', `create configmap tillgate-watchdog-odoo --from-literal=ticks=0 ${n}`],
      ['editor', `patch lease tillgate-odoo ${n} --type=merge -p '{"spec":{"renewTime":null}}'`],
    ];
    const done: string[] = [];
    for (const [who, command] of tries) {
      const { code, err } = await shell(`kubectl ${command}`, config[who]);
      const refused = code !== 0 && /forbidden|denied|Forbidden|ValidatingAdmissionPolicy/.test(err);
      if (!refused) done.push(`${who}: ${command}: ${code} ${err}`);
    }
    expect(done).toEqual([]);
    expect(tries.filter(([who]) => who === 'deploy').length).toBeGreaterThanOrEqual(20);
  });

  describe('that have the rights of deliver, and are held by somebody else,', () => {
    let of: Scene;
    let n: string;

    /** Whether the API server refuses by its rules; what it says instead where it does not. */
    const refusedTo = async (user: string, commands: readonly string[]) => {
      const config = user === 'watchdog' ? await watchdogKubeconfig(of) : await bed.cluster.kubeconfigOf(user);
      const done: string[] = [];
      for (const command of commands) {
        const { code, out, err } = await shell(`kubectl ${command}`, config);
        // A rule that fails in its own evaluation refuses too, and the good with the bad.
        if (code === 0 || !/denied|forbidden/.test(err) || err.includes('resulted in error'))
          done.push(`${command}: ${code} ${out} ${err}`);
      }
      return done;
    };
    const from = (object: object) => `--dry-run=server -f - <<'END'\n${JSON.stringify(object)}\nEND`;
    const repository = () => (of.images[of.to] as string).split('@')[0];
    const imageOf = (image: string) =>
      `patch deployment odoo ${n} --dry-run=server -p '{"spec":{"template":{"spec":{"containers":[{"name":"${CONTAINER}","image":"${image}"}]}}}}'`;
    const container = (more: object) =>
      `patch deployment odoo ${n} --dry-run=server -p '${JSON.stringify({ spec: { template: { spec: { containers: [{ name: CONTAINER, ...more }] } } } })}'`;
    const pod = (more: object) =>
      `patch deployment odoo ${n} --dry-run=server -p '${JSON.stringify({ spec: { template: { spec: more } } })}'`;

    beforeAll(async () => {
      of = await makeScene(bed);
      n = `-n ${of.namespace}`;
      await withRights(of);
      const rig = rigFor(bed, of, await planFor(bed, of), { writer: deployer });
      await beginOn(rig);
      await until('its images are allowed', async () =>
        [0].includes(
          (
            await shell(
              `kubectl ${imageOf(of.images[of.to] as string)}`,
              await bed.cluster.kubeconfigOf('tillgate-deploy'),
            )
          ).code ?? 1,
        ),
      );
    });

    it('bring no image that the environment does not allow', async () => {
      const commands = () => [
        imageOf(`elsewhere.test/odoo-shop@${of.to}`),
        imageOf(`${repository()}-evil@${of.to}`),
        imageOf(`${repository()}@${digestOf('never released')}`),
        imageOf(`${repository()}:latest`),
      ];
      expect(await refusedTo('tillgate-deploy', commands())).toEqual([]);
      expect(await refusedTo('watchdog', commands())).toEqual([]);
    });

    it('change nothing of the workload but its image, and cannot call it a candidate', async () => {
      const commands = [
        `label deployment odoo ${n} --dry-run=server tillgate.dev/track=candidate`,
        `annotate deployment odoo ${n} --dry-run=server example.test/a=b`,
        `patch deployment odoo ${n} --dry-run=server --type=merge -p '{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"gone","uid":"1"}]}}'`,
        pod({ hostNetwork: true }),
        pod({ hostPID: true }),
        pod({ imagePullSecrets: [{ name: 'mine' }] }),
        container({ lifecycle: { postStart: { exec: { command: ['id'] } } } }),
        container({ args: ['-u', 'all'] }),
        container({ workingDir: '/tmp' }),
        container({ livenessProbe: { exec: { command: ['id'] } } }),
        container({ securityContext: { privileged: true } }),
      ];
      expect(await refusedTo('tillgate-deploy', commands)).toEqual([]);
      expect(await refusedTo('watchdog', commands)).toEqual([]);
      // By the rights, not by the name of who holds them.
      await bed.cluster.kubectl([
        'create',
        'rolebinding',
        'robot',
        '-n',
        of.namespace,
        '--role=tillgate-deploy',
        '--user=ci-robot',
      ]);
      expect(await refusedTo('ci-robot', commands)).toEqual([]);
    });

    it('make no candidate that is not derived from the workload, and no way to it from elsewhere', async () => {
      const stable = JSON.parse(
        await bed.cluster.kubectl(['get', 'deployment', 'odoo', ...n.split(' '), '-o', 'json']),
      );
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
      // What is refused below is refused for what differs from these.
      const config = await bed.cluster.kubeconfigOf('tillgate-deploy');
      for (const good of [candidate('odoo-candidate', {}), service({}), route(`(${own}) && ${mark}`)])
        expect(await shell(`kubectl create ${from(good)}`, config)).toMatchObject({ code: 0, err: '' });
      const other = digestOf('never released');
      const bad = [
        candidate('other-candidate', {}),
        candidate('odoo-candidate', {}, { image: `elsewhere.test/odoo@${of.to}` }),
        candidate('odoo-candidate', {}, { image: `${repository()}@${other}` }),
        candidate('odoo-candidate', {}, { image: `${repository()}@${other}` }, other),
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
      expect(
        await refusedTo(
          'tillgate-deploy',
          bad.map((object) => `create ${from(object)}`),
        ),
      ).toEqual([]);
    });

    it('move the head forward by one, and nowhere else', async () => {
      const head = (text: string, more: object = {}) =>
        `patch configmap tillgate-environment ${n} --dry-run=server -p '${JSON.stringify({ data: { head: text, ...more } })}'`;
      const next = (sequence: number, digest = digestOf('next')) => JSON.stringify({ sequence, digest });
      const config = await bed.cluster.kubeconfigOf('tillgate-deploy');
      expect(await shell(`kubectl ${head(next(2), { allowed: digestOf('x') })}`, config)).toMatchObject({ code: 0 });
      expect(
        await refusedTo('tillgate-deploy', [
          head(''),
          head(next(0)),
          head(next(1)),
          head(next(3)),
          head('{"sequence":2,"sequence":1,"digest":"x"}'),
          head(next(2).replace('}', ',"sequence":1}')),
          `patch configmap tillgate-environment ${n} --dry-run=server -p '{"data":{"allowed":"${digestOf('x')}"}}'`,
          `patch configmap tillgate-environment ${n} --dry-run=server -p '{"data":{"allowed":null}}'`,
        ]),
      ).toEqual([]);
    });

    it('of people let nothing go on without evidence unless they may, with name and reason', async () => {
      const say = (...words: string[]) =>
        `annotate configmap tillgate-delivery-odoo ${n} --dry-run=server --overwrite ${words.map((word) => `tillgate.dev/command${word}`).join(' ')}`;
      const whole = say('=promote', '-by=name', '-reason=why');
      expect(
        await refusedTo('person', [
          say('=promote'),
          say('=promote', '-by=name'),
          say('=promote', '-reason=why'),
          say('=promote', '-by=name', '-reason=" "'),
          say('=abort', `-reason=${'x'.repeat(1_001)}`),
        ]),
      ).toEqual([]);
      expect(await refusedTo('editor', [whole])).toEqual([]);
      expect(await shell(`kubectl ${whole}`, await bed.cluster.kubeconfigOf('person'))).toMatchObject({ code: 0 });
    });
  });

  it('of people on call do what their page says, word for word', async () => {
    const of = await makeScene(bed);
    await withRights(of);
    const person = await bed.cluster.kubeconfigOf('person');
    const commands = await page(of);
    expect([...commands.keys()]).toEqual([
      'status',
      'driver',
      'events',
      'pause',
      'resume',
      'abort',
      'promote',
      'way-out',
    ]);
    const run = async (name: string) => {
      const { code, out, err } = await shell(commands.get(name) ?? 'false', person);
      expect({ name, code, err }).toEqual({ name, code: 0, err: '' });
      return out;
    };
    const plan = await planFor(bed, of, {
      shares: [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }],
    });
    const rig = rigFor(bed, of, plan, { writer: deployer, who: 'run 17' });
    await beginOn(rig);
    const { driven } = driving(rig);
    await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
    expect(await run('status')).toMatch(
      /^forward - from sha256:\w+ to sha256:\w+\nforward: step "25 %", 25 % to the candidate, since .*\n/,
    );
    expect(await run('driver')).toMatch(/^run 17 \d{4}-\d\d-\d\dT/);
    await run('pause');
    await heard(rig, '"word":"pause"');
    await until('it says so', async () => /^paused - [\s\S]*your name: why/.test(await run('status')));
    await run('resume');
    await heard(rig, '"word":"resume"');
    await until('it says so', async () => (await run('status')).startsWith('forward'));
    await run('abort');
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({
      by: 'command',
      reason: expect.stringContaining('your name'),
    });
    expect(await run('status')).toMatch(/^returned - /);
    expect(await run('events')).toContain('odoo');
  });

  it('of people on call let a release go on that nothing can be shown of', async () => {
    const of = await makeScene(bed);
    await withRights(of);
    // The word is for the step at which it is said.
    const shares = [{ share: 2_500, forMs: 2_000, maxMs: 60_000, analysis: true, sessions: null }];
    const rig = rigFor(bed, of, await planFor(bed, of, { shares }), { writer: deployer });
    await beginOn(rig);
    const { driven } = driving(rig);
    // Nobody comes, so nothing is ever shown.
    await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
    const { code } = await shell((await page(of)).get('promote') ?? 'false', await bed.cluster.kubeconfigOf('person'));
    expect(code).toBe(0);
    const { status } = await driven;
    expect(phaseOf(rig.plan, status)).toBe('promoted');
    expect(JSON.stringify(status)).toContain('your name: why');
  });

  describe('of the watchdog', () => {
    it('leaves alone who lives, and takes traffic back from who has died; a rerun cleans up', async () => {
      const of = await makeScene(bed);
      await withRights(of);
      const config = await watchdogKubeconfig(of);
      expect(await tick(of, config)).toMatchObject({ code: 0, out: '' });
      const plan = await planFor(bed, of, { abandonAfterMs: 120_000 });
      const people = await startPeople(bed, of);
      const { writer, die } = mortal(await writerOf(bed, 'tillgate-deploy'));
      const rig = rigFor(bed, of, plan, { writer });
      await beginOn(rig);
      const { driven } = driving(rig);
      driven.catch(() => {});
      await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
      // While somebody drives, the Lease is renewed between any two ticks.
      for (let i = 0; i < 3; i++) {
        const renewed = (await bed.cluster.kubectl(lease(of))).trim();
        expect(await tick(of, config)).toMatchObject({ code: 0, out: '' });
        await until('it is renewed', async () => (await bed.cluster.kubectl(lease(of))).trim() !== renewed);
      }
      die();
      const ticks = [await tick(of, config), await tick(of, config), await tick(of, config)];
      expect(ticks.map(({ code, err }) => ({ code, err }))).toEqual(Array(3).fill({ code: 0, err: '' }));
      expect(ticks.at(-1)?.out).toContain('odoo was taken to "stable": nothing was heard for 120 s.');
      const next = rigFor(bed, of, plan, { writer: deployer });
      const observed = await next.target.observe('all');
      expect(observed.candidateShare).toBe(0);
      expect(observed.stable.image).toBe(of.from);
      // The one who was thought dead can do nothing more.
      const goal = plan.waves[0]?.[0]?.steps[1]?.goal as Goal;
      const late = next.target.apply({ lane: 'all', step: '25 %', goal }, { epoch: 2 });
      await expect(late).rejects.toThrow('taken over');
      const { commands, found } = await next.driving.store.load();
      expect(commands).toMatchObject([{ word: 'abandoned', by: expect.stringContaining('watchdog') }]);
      expect(found?.status.epoch).toBe(3);
      const stale = next.driving.store.commit({ status: { ...(found?.status as Status), epoch: 2 }, version: '1/x' });
      await expect(stale).rejects.toThrow('epoch 3');
      // Once is enough.
      expect(await tick(of, config)).toMatchObject({ code: 0, out: '' });
      await until('the Lease has run out', async () => (await next.driving.store.holder()) === undefined);
      const { status } = await drive({ ...next.driving, signal: new AbortController().signal });
      expect(phaseOf(plan, status)).toBe('returned');
      expect((await next.target.observe('all')).candidate).toBeNull();
      const record = await people.stop();
      expect([...record.rows()].filter(failed)).toEqual([]);
    });

    it('leaves alone who lives past the deadline, such as a rollback', async () => {
      const of = await makeScene(bed);
      await withRights(of);
      const config = await watchdogKubeconfig(of);
      const rig = rigFor(bed, of, await planFor(bed, of, { deadlineMs: 1 }), { writer: deployer });
      await beginOn(rig);
      for (let i = 0; i < 4; i++) {
        await rig.driving.store.renew(1);
        expect(await tick(of, config)).toMatchObject({ code: 0, out: '', err: '' });
      }
    });

    it('takes nothing from who came after it: no epoch is ever lowered', async () => {
      const of = await makeScene(bed);
      await withRights(of);
      const config = await watchdogKubeconfig(of);
      const rig = rigFor(bed, of, await planFor(bed, of, { deadlineMs: 1 }), { writer: deployer });
      await beginOn(rig);
      const object = ['deployment', 'odoo', '-n', of.namespace];
      await bed.cluster.kubectl(['annotate', ...object, 'tillgate.dev/epoch=9']);
      const ticks = [await tick(of, config), await tick(of, config), await tick(of, config)];
      expect(ticks.at(-1)).toMatchObject({ code: 1, out: expect.stringContaining('epoch 9') });
      const jsonpath = 'jsonpath={.metadata.annotations.tillgate\\.dev/epoch}';
      expect(await bed.cluster.kubectl(['get', ...object, '-o', jsonpath])).toBe('9');
    });

    it('acts at the deadline, and soon where abort was said and nobody drives', async () => {
      for (const by of ['deadline', 'abort'] as const) {
        const of = await makeScene(bed);
        await withRights(of);
        const config = await watchdogKubeconfig(of);
        const plan = await planFor(bed, of, by === 'deadline' ? { deadlineMs: 1 } : {});
        const rig = rigFor(bed, of, plan, { writer: deployer });
        await beginOn(rig);
        await rig.driving.store.renew(1);
        if (by === 'abort')
          await shell((await page(of)).get('abort') ?? 'false', await bed.cluster.kubeconfigOf('person'));
        const ticks: string[] = [];
        for (let i = 0; i < 3; i++) ticks.push((await tick(of, config, 1)).out);
        expect(ticks.join('')).toContain(by === 'deadline' ? 'deadline' : 'abort was said');
      }
    });

    it('does nothing by a way out that is not the pinned one, and counts no tick in which the API is away', async () => {
      const of = await makeScene(bed);
      await withRights(of);
      const config = await watchdogKubeconfig(of);
      const plan = await planFor(bed, of, { deadlineMs: 1 });
      const rig = rigFor(bed, of, plan, { writer: deployer });
      await beginOn(rig);
      const evil = `stable deployments.apps odoo json ${JSON.stringify([{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: of.images[of.to] }])}\n`;
      await rig.writer.patch<Keyed>(
        { kind: 'ConfigMap', namespace: of.namespace, name: 'tillgate-delivery-odoo' },
        'merge',
        { data: { escape: evil } },
      );
      await tick(of, config);
      const told = await tick(of, config);
      expect(told.code).toBe(1);
      expect(told.out).toContain('is not the one that the environment pins');
      const found = await rig.writer.read<Deployment>({ kind: 'Deployment', namespace: of.namespace, name: 'odoo' });
      expect(found?.spec.template.spec.containers[0]?.image).toBe(of.images[of.from]);
      const away = JSON.parse(await readFile(config, 'utf8'));
      away.clusters[0].cluster.server = 'https://127.0.0.1:1';
      await writeFile(`${config}.away`, JSON.stringify(away));
      expect((await tick(of, `${config}.away`)).code).not.toBe(0);
    });
  });

  it('everything that is shipped is taken by the API server', async () => {
    for (const file of [
      'environment.yaml',
      'watchdog.yaml',
      'route-traefik.yaml',
      'route-httproute.yaml',
      'admission.yaml',
    ]) {
      const text = (await shipped(file, scene)).replaceAll('name: odoo\n', 'name: example\n');
      await bed.cluster.kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'], text);
    }
    expect((await ask(bed, scene, '/')).status).toBe(200);
  });
});
