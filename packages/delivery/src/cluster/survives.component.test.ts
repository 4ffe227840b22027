import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openWriter } from '@tillgate/kubernetes';
import { until } from '@tillgate/testbed';
import { drive } from '../drive/drive.ts';
import { rollbackOf } from '../from-policy.ts';
import { phaseOf } from '../phase.ts';
import type { CanaryInput } from '../strategies/canary.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerAs } from './bed.test-kit.ts';
import { type Fault, startFaultProxy } from './fault-proxy.test-kit.ts';
import { MANAGER, stateName } from './names.ts';
import type { Keyed, Pod, PodSpec } from './objects.ts';
import { isReady } from './pods.ts';
import { beginOn, deliver, mortal, type Rig, rigFor } from './rig.test-kit.ts';
import { makeScene, odoo, type Scene } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';
import { hurt, startPeople } from './visitors.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;
const never = new AbortController().signal;

/** A share that lasts until something happens. */
const LONG: Partial<CanaryInput> = {
  shares: [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }],
  settleMs: 4_000,
};

/** No evidence is asked for, and the watch is what matters. */
const BRIEF: Partial<CanaryInput> = {
  shares: [{ share: 2_500, forMs: 1_500, maxMs: 60_000, analysis: false, sessions: null }],
};

const heard = (rig: Rig, what: string) =>
  until(`${what} is said`, () => rig.said.some((one) => one.includes(what)), 90_000);
const reached = (step: string) => `"what":"reached","lane":"all","step":"${step}"`;

beforeAll(async () => {
  if (tools) bed = await startDeliveryBed();
});
afterAll(() => bed?.stop());

(tools ? describe : describe.skip)('a delivery survives', () => {
  it('the death of its runner in every phase: another one goes on from there', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene);
    await beginOn(rigFor(bed, scene, plan));
    // Each is killed as soon as it has begun a step, in the middle of what that step asks for.
    const epochs: number[] = [];
    let compared = 0;
    for (const step of ['prepare', '25 %', '50 %', 'promote', 'settle']) {
      const { writer, die } = mortal(writerAs(bed, MANAGER));
      const rig = rigFor(bed, scene, plan, { writer });
      drive({ ...rig.driving, signal: never }).catch(() => {});
      await heard(rig, `"what":"began","lane":"all","way":"forward","step":"${step}"`).catch((cause) => {
        // The step may have begun before this runner came.
        if (!rig.statuses.some(({ lanes }) => lanes.all?.intent?.step === step)) throw cause;
      });
      die();
      const status = rig.statuses.at(-1);
      epochs.push(status?.epoch ?? 0);
      // What was shown before is not shown again: evidence only grows.
      const now = status?.evidence.beside?.compared ?? 0;
      expect(now).toBeGreaterThanOrEqual(compared);
      compared = now;
    }
    const rig = rigFor(bed, scene, plan);
    const { status } = await rig.drive();
    const record = await people.stop();
    expect(phaseOf(plan, status)).toBe('promoted');
    expect(epochs).toEqual([2, 3, 4, 5, 6]);
    expect(status.history.map(({ step }) => step)).toEqual(['prepare', '25 %', '50 %', 'promote', 'settle', 'watch']);
    expect([...record.rows()].filter(hurt)).toEqual([]);
  });

  it('an API server that is busy, broken, silent, or loses its answers', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const kinds: Fault[] = ['busy', 'lost after', 'broken', 'lost before', 'changed', 'lost after', 'silent'];
    let wrong = 0;
    const proxy = await startFaultProxy(bed.cluster, (method, _, count) => {
      if (count % 6 !== 5) return 'none';
      const kind = kinds[wrong++ % kinds.length] as Fault;
      return kind === 'changed' && method === 'GET' ? 'busy' : kind;
    });
    const plan = await planFor(bed, scene);
    const rig = rigFor(bed, scene, plan, {
      writer: openWriter(proxy.kubeconfig, { manager: MANAGER, timeoutMs: 1_000 }),
    });
    await beginOn(rigFor(bed, scene, plan));
    const { status } = await rig.drive();
    const record = await people.stop();
    await proxy.close();
    expect(phaseOf(plan, status)).toBe('promoted');
    expect([...record.rows()].filter(hurt)).toEqual([]);
    for (const kind of kinds) expect(proxy.happened.get(kind)).toBeGreaterThan(0);
  });

  it('an API server that is away for a while', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene);
    const rig = rigFor(bed, scene, plan, {
      writer: openWriter(bed.kubeconfig, { manager: MANAGER, timeoutMs: 1_000 }),
    });
    await beginOn(rig);
    const driven = rig.drive();
    await heard(rig, reached('25 %'));
    await bed.cluster.bed.signal('kube-apiserver', 'SIGSTOP');
    const ticks = rig.statuses.length;
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(rig.statuses.length - ticks).toBeLessThanOrEqual(1);
    await bed.cluster.bed.signal('kube-apiserver', 'SIGCONT');
    const { status } = await driven;
    const record = await people.stop();
    expect(phaseOf(plan, status)).toBe('promoted');
    expect([...record.rows()].filter(hurt)).toEqual([]);
  });

  it('a hand on its state: what it had written is put back', async () => {
    const scene = await makeScene(bed);
    const plan = await planFor(bed, scene, LONG);
    const rig = rigFor(bed, scene, plan);
    await beginOn(rig);
    const stop = new AbortController();
    const driven = rig.drive({ signal: stop.signal });
    await heard(rig, reached('25 %'));
    const ref = { kind: 'ConfigMap', namespace: scene.namespace, name: stateName('odoo') } as const;
    const hand = writerAs(bed, 'kubectl-edit');
    const was = (await hand.read<Keyed>(ref))?.data?.status ?? '';
    const now = () => JSON.parse(was);
    const edits: Record<string, string>[] = [
      { status: JSON.stringify({ ...now(), deadline: 1, safe: 'new' }) },
      { status: JSON.stringify({ ...now(), schema: 2 }) },
      { status: '{' },
      { more: 'x'.repeat(300_000) },
    ];
    for (const data of edits) {
      await hand.patch(ref, 'merge', { data });
      await until('it is put back', async () => {
        const found = (await hand.read<Keyed>(ref))?.data ?? {};
        const { schema, deadline, safe } = JSON.parse(found.status ?? '{}');
        return schema === 1 && deadline === now().deadline && safe === 'stable' && found.more === undefined;
      });
    }
    stop.abort();
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
  });

  it('not a hand on its weights: it touches them no more, and says whose they are', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene, LONG);
    const rig = rigFor(bed, scene, plan);
    await beginOn(rig);
    const driven = rig.drive();
    await heard(rig, reached('25 %'));
    const ref = { kind: 'TraefikService', namespace: scene.namespace, name: 'odoo' } as const;
    const hand = writerAs(bed, 'kubectl-edit');
    const members = [
      { name: 'odoo', port: 8069, weight: 60 },
      { name: 'odoo-candidate', port: 8069, weight: 40 },
    ];
    await hand.patch(ref, 'merge', { spec: { weighted: { services: members } } });
    const { status } = await driven;
    const record = await people.stop();
    expect(phaseOf(plan, status)).toBe('held');
    expect(status.decided).toMatchObject({ by: 'foreign', reason: expect.stringContaining('"kubectl-edit"') });
    const found = (await hand.read<Keyed & { spec: { weighted: { services: object[] } } }>(ref))?.spec.weighted
      .services;
    expect(found).toEqual(members);
    // The candidate still serves those whom the hand has sent to it.
    expect((await rig.target.observe('all')).candidate?.ready).toBeGreaterThan(0);
    expect([...record.rows()].filter(hurt)).toEqual([]);
  });

  it('not a stable that somebody scales down while the candidate takes traffic: it goes back, with what is left', async () => {
    const scene = await makeScene(bed, { replicas: 2 });
    const long = await planFor(bed, scene, LONG);
    const plan = { ...long, watching: long.watching && { ...long.watching, readyWithinMs: 4_000 } };
    const rig = rigFor(bed, scene, plan);
    await beginOn(rig);
    const driven = rig.drive();
    await heard(rig, reached('25 %'));
    // What an autoscaler does, through the same subresource.
    await bed.cluster.kubectl(['scale', 'deployment', 'odoo', '--replicas=1', '-n', scene.namespace]);
    await heard(rig, '1 of the 2 pods that it began with');
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({ by: 'floor', reason: expect.stringContaining('minReplicas') });
    // Whoever has scaled it keeps the word: a delivery never writes replicas of what it delivers to.
    expect((await rig.target.observe('all')).stable).toMatchObject({ desired: 1, image: scene.from });
  });

  describe('nor a stable that is scaled down when everybody has the new version:', () => {
    it.each([
      ['nobody is taken back, and nobody is told that all was well', [], 'time'],
      ['it is the business of its autoscaler, as low as that may go', ['--min=1', '--max=3'], undefined],
    ])('%s', async (_, autoscaler, by) => {
      const scene = await makeScene(bed, { replicas: 2 });
      const kubectl = (...args: string[]) => bed.cluster.kubectl([...args, '-n', scene.namespace]);
      if (autoscaler.length > 0) await kubectl('autoscale', 'deployment', 'odoo', '--cpu-percent=50', ...autoscaler);
      const plan = await planFor(bed, scene, { ...BRIEF, watchMs: 5_000, settleMs: 20_000 });
      const rig = rigFor(bed, scene, plan);
      await beginOn(rig);
      const driven = rig.drive();
      await heard(rig, reached('watch'));
      await kubectl('scale', 'deployment', 'odoo', '--replicas=1');
      const { status } = await driven;
      expect(phaseOf(plan, status)).toBe('promoted');
      expect(status.decided?.by).toBe(by);
      if (by) expect(status.decided?.reason).toContain('1 of the 2 pods that are its floor');
      expect((await rig.target.observe('all')).stable).toMatchObject({ desired: 1, image: scene.to });
    });
  });

  it('not a pod template that nobody approved: it is never rolled out with the release', async () => {
    const scene = await makeScene(bed, { replicas: 1 });
    const plan = await planFor(bed, scene, LONG);
    const rig = rigFor(bed, scene, plan);
    await beginOn(rig);
    const stop = new AbortController();
    const driven = rig.drive({ signal: stop.signal });
    await heard(rig, reached('25 %'));
    await writerAs(bed, 'kubectl-edit').patch(odoo(scene), 'json', [
      { op: 'add', path: '/spec/template/spec/containers/0/args', value: ['--log-level=debug'] },
    ]);
    await heard(rig, '"what":"turned"').finally(() => stop.abort());
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({ by: 'foreign', reason: expect.stringContaining('pod template') });
    expect((await rig.target.observe('all')).stable.image).toBe(scene.from);
  });
});

(tools ? describe : describe.skip)('configuration that changes on the way', () => {
  it('is not promoted untried, and a rollback brings back what it was, with the old image', async () => {
    const scene = await makeScene(bed, { replicas: 1 });
    const platform = writerAs(bed, 'platform');
    const { namespace } = scene;
    const set = (WORKERS: string) =>
      platform.patch({ kind: 'ConfigMap', namespace, name: 'odoo-config' }, 'merge', { data: { WORKERS } });
    const plan = await planFor(bed, scene, { ...BRIEF, watchMs: 200 });

    const untried = rigFor(bed, scene, plan);
    await beginOn(untried);
    const driven = untried.drive();
    await heard(untried, reached('25 %'));
    await set('16');
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({
      by: 'refused',
      reason: expect.stringContaining('odoo-config changed since'),
    });
    expect(await configured(scene)).toEqual({ image: scene.from, workers: ['16', '16', '16'] });

    const started = await deliver(rigFor(bed, scene, plan));
    expect(phaseOf(plan, started.status)).toBe('promoted');
    expect(await configured(scene)).toEqual({ image: scene.to, workers: ['16', '16', '16'] });
    await set('64');
    const back = rollbackOf(plan);
    const rollback = rigFor(bed, scene, back);
    expect(phaseOf(back, (await deliver(rollback)).status)).toBe('returned');
    expect(await rollback.target.reconfigured(started.status.before)).toEqual([]);
    expect(await configured(scene)).toEqual({ image: scene.from, workers: ['16', '16', '16'] });
    // Nothing of somebody else was written: the next apply of the workload brings his own again.
    expect((await platform.read<Keyed>({ kind: 'ConfigMap', namespace, name: 'odoo-config' }))?.data?.WORKERS).toBe(
      '64',
    );
  });
});

/** The image of the one pod that is ready, and what it is told by environment, volume and projected volume. */
async function configured({ namespace }: Scene): Promise<{ image: string | undefined; workers: unknown[] }> {
  const hand = writerAs(bed, 'kubectl');
  const pods = await hand.list<Pod & { spec: PodSpec }>('Pod', namespace, 'app=odoo');
  const [pod, ...others] = pods.filter(
    ({ metadata, ...one }) => !metadata.deletionTimestamp && isReady({ metadata, ...one }),
  );
  expect(others).toEqual([]);
  const names = [
    pod?.spec.containers[0]?.envFrom?.[0]?.configMapRef?.name,
    pod?.spec.volumes?.find(({ configMap }) => configMap)?.configMap?.name,
    pod?.spec.volumes?.find(({ name }) => name === 'both')?.projected?.sources?.[0]?.configMap?.name,
  ];
  const workers = await Promise.all(
    names.map(async (name = '') => (await hand.read<Keyed>({ kind: 'ConfigMap', namespace, name }))?.data?.WORKERS),
  );
  return { image: pod?.spec.containers[0]?.image.split('@')[1], workers };
}
