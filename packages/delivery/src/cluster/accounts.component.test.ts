import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Writer } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { until } from '@tillgate/testbed';
import { rollbackOf } from '../from-policy.ts';
import { phaseOf } from '../phase.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerAs } from './bed.test-kit.ts';
import { candidatesOf } from './candidates.test-kit.ts';
import { environmentObject } from './environment.ts';
import type { Deployment } from './objects.ts';
import { beginOn, deliver, rigFor } from './rig.test-kit.ts';
import {
  putRightsInForce,
  shell,
  shipped,
  sideBySide,
  USERS,
  watchdogKubeconfig,
  withRights,
} from './rights.test-kit.ts';
import { CONTAINER, makeScene, type Scene } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';
import { ask, startPeople } from './visitors.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;
let scene: Scene;
let deployer: Writer;

(tools ? describe : describe.skip)('accounts', () => {
  beforeAll(async () => {
    bed = await startDeliveryBed(USERS);
    ({ scene, deployer } = await putRightsInForce(bed));
  });
  afterAll(() => bed?.stop());

  it('that deliver may do all that a delivery needs', async () => {
    const people = await startPeople(bed, scene);
    const rig = rigFor(bed, scene, await planFor(bed, scene), { writer: deployer });
    const driven = await deliver(rig);
    await people.stop();
    expect(phaseOf(rig.plan, driven.status)).toBe('promoted');
    // And back, with the configuration that it had.
    const config = { kind: 'ConfigMap', namespace: scene.namespace, name: 'odoo-config' } as const;
    await writerAs(bed, 'platform').patch(config, 'merge', { data: { WORKERS: '64' } });
    const back = rollbackOf(rig.plan);
    expect(phaseOf(back, (await deliver(rigFor(bed, scene, back, { writer: deployer }))).status)).toBe('returned');
    const odoo = { kind: 'Deployment', namespace: scene.namespace, name: 'odoo' } as const;
    const { containers, volumes } = ((await deployer.read<Deployment>(odoo)) as Deployment).spec.template.spec;
    expect(containers[0]?.envFrom?.[0]?.configMapRef?.name).toMatch(/^odoo-config-[0-9a-f]{10}$/);
    expect(volumes?.[0]?.configMap?.name).toBe(containers[0]?.envFrom?.[0]?.configMapRef?.name);
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
      watchdog: await watchdogKubeconfig(bed, scene),
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
    const done = await sideBySide(tries, async ([who, command]) => {
      const { code, err } = await shell(bed, `kubectl ${command}`, config[who]);
      const refused = code !== 0 && /forbidden|denied|Forbidden|ValidatingAdmissionPolicy/.test(err);
      return refused ? [] : [`${who}: ${command}: ${code} ${err}`];
    });
    expect(done.flat()).toEqual([]);
    expect(tries.filter(([who]) => who === 'deploy').length).toBeGreaterThanOrEqual(20);
  });

  describe('that have the rights of deliver, and are held by somebody else,', () => {
    let of: Scene;
    let n: string;

    /** Whether the API server refuses by its rules; what it says instead where it does not. */
    const refusedTo = async (user: string, commands: readonly string[]) => {
      const config = user === 'watchdog' ? await watchdogKubeconfig(bed, of) : await bed.cluster.kubeconfigOf(user);
      const done = await sideBySide(commands, async (command) => {
        const { code, out, err } = await shell(bed, `kubectl ${command}`, config);
        // A rule that fails in its own evaluation refuses too, and the good with the bad.
        const isOpen = code === 0 || !/denied|forbidden/.test(err) || err.includes('resulted in error');
        return isOpen ? [`${command}: ${code} ${out} ${err}`] : [];
      });
      return done.flat();
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
      await withRights(bed, of);
      const rig = rigFor(bed, of, await planFor(bed, of), { writer: deployer });
      await beginOn(rig);
      const config = await bed.cluster.kubeconfigOf('tillgate-deploy');
      const asAllowed = `kubectl ${imageOf(of.images[of.to] as string)}`;
      await until('its images are allowed', async () => (await shell(bed, asAllowed, config)).code === 0);
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
        container({ env: [{ name: 'PYTHONSTARTUP', value: '/tmp/x' }] }),
        container({ envFrom: [{ configMapRef: { name: 'of-a-thief' } }] }),
        container({ envFrom: [{ configMapRef: { name: 'odoo-config-of-a-thief' } }] }),
        pod({ volumes: [{ name: 'host', hostPath: { path: '/' } }] }),
        pod({ volumes: [{ name: 'config', configMap: { name: 'of-a-thief' } }] }),
        container({ livenessProbe: { exec: { command: ['id'] } } }),
        container({ securityContext: { privileged: true } }),
      ];
      expect(await refusedTo('tillgate-deploy', commands)).toEqual([]);
      expect(await refusedTo('watchdog', commands)).toEqual([]);
      // Going back to copies is for whoever delivers, and is no way to other ones.
      const copies = container({ envFrom: [{ configMapRef: { name: 'odoo-config-0123456789' } }] });
      expect(await refusedTo('watchdog', [copies])).toEqual([]);
      const deployers = await bed.cluster.kubeconfigOf('tillgate-deploy');
      expect(await shell(bed, `kubectl ${copies}`, deployers)).toMatchObject({ code: 0 });
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
      const { good, bad } = candidatesOf(of, stable);
      // What is refused below is refused for what differs from these.
      const config = await bed.cluster.kubeconfigOf('tillgate-deploy');
      for (const object of good)
        expect(await shell(bed, `kubectl create ${from(object)}`, config)).toMatchObject({ code: 0, err: '' });
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
      expect(await shell(bed, `kubectl ${head(next(2), { allowed: digestOf('x') })}`, config)).toMatchObject({
        code: 0,
      });
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
      expect(await shell(bed, `kubectl ${whole}`, await bed.cluster.kubeconfigOf('person'))).toMatchObject({ code: 0 });
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
