import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openWriter } from '@tillgate/kubernetes';
import { until } from '@tillgate/testbed';
import { drive } from '../drive/drive.ts';
import { phaseOf } from '../phase.ts';
import type { Goal } from '../plan.ts';
import { Superseded, type Versioned } from '../ports.ts';
import { stepOf } from '../steps-of.ts';
import type { CanaryInput } from '../strategies/canary.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerAs } from './bed.test-kit.ts';
import { type Fault, startFaultProxy } from './fault-proxy.test-kit.ts';
import { COMMAND, EPOCH, MANAGER, stateName } from './names.ts';
import type { Keyed } from './objects.ts';
import { beginOn, mortal, type Rig, rigFor, writesOf } from './rig.test-kit.ts';
import { makeScene, odoo } from './scene.test-kit.ts';
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
  it('the death of its runner in every phase, on the way back too: another one goes on from there', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene);
    const epochs: number[] = [];
    let compared = 0;
    /** A runner that is killed as soon as this holds, in the middle of what its step asks for. */
    const killedOnce = async (what: string, holds: (rig: Rig) => boolean | Promise<boolean>, drainMs = 1_000) => {
      const { writer, die } = mortal(writerAs(bed, MANAGER));
      const rig = rigFor(bed, scene, plan, { writer, target: { drainMs } });
      drive({ ...rig.driving, signal: never }).catch(() => {});
      await until(what, () => holds(rig), 90_000);
      die();
      const status = rig.statuses.at(-1);
      epochs.push(status?.epoch ?? 0);
      // What was shown before is not shown again: evidence only grows.
      const now = status?.evidence.beside?.compared ?? 0;
      expect(now).toBeGreaterThanOrEqual(compared);
      compared = now;
    };
    const begun = (step: string) => (rig: Rig) => {
      const lane = rig.statuses.at(-1)?.lanes.all;
      return lane !== undefined && stepOf(plan, 'all', lane)?.name === step;
    };

    await beginOn(rigFor(bed, scene, plan));
    await killedOnce('a share is given', ({ said }) => said.some((one) => one.includes(reached('25 %'))));
    const ref = { kind: 'ConfigMap', namespace: scene.namespace, name: stateName('odoo') } as const;
    await writerAs(bed, 'kubectl-annotate').patch(ref, 'merge', { metadata: { annotations: { [COMMAND]: 'abort' } } });
    // Neither of these would ever take the candidate away: one dies as it begins, the other once traffic is back.
    const slow = 3_600_000;
    await killedOnce('the way back is begun', begun('back'), slow);
    const isBack = async (rig: Rig) => begun('back')(rig) && (await rig.target.observe('all')).candidateShare === 0;
    await killedOnce('traffic is back', isBack, slow);
    const returning = rigFor(bed, scene, plan);
    expect((await returning.target.observe('all')).candidate).not.toBeNull();
    expect(phaseOf(plan, (await returning.drive()).status)).toBe('returned');
    expect(await returning.target.observe('all')).toMatchObject({ candidate: null, stable: { image: scene.from } });

    await beginOn(rigFor(bed, scene, plan));
    compared = 0;
    for (const step of ['prepare', '25 %', '50 %', 'promote', 'settle', 'watch']) await killedOnce(step, begun(step));
    const { status } = await rigFor(bed, scene, plan).drive();
    const record = await people.stop();
    expect(phaseOf(plan, status)).toBe('promoted');
    expect(epochs).toEqual([2, 3, 4, 7, 8, 9, 10, 11, 12]);
    expect(status.history.map(({ step }) => step)).toEqual(['prepare', '25 %', '50 %', 'promote', 'settle', 'watch']);
    expect([...record.rows()].filter(hurt)).toEqual([]);
  });

  it('not a rollback that takes over while its driver lives: that one says so and writes no more', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene, LONG);
    const { writer, written } = writesOf(writerAs(bed, MANAGER));
    const living = rigFor(bed, scene, plan, { writer, who: 'run 17' });
    await beginOn(living);
    const ended = living.drive().catch((cause: unknown) => cause);
    await heard(living, reached('25 %'));
    const { found } = await living.driving.store.load();

    const rollback = rigFor(bed, scene, plan, { who: 'rollback 18' });
    let before: number | undefined;
    const { status } = await rollback.drive({
      back: 'rollback: wrong prices',
      onTick(tick) {
        before ??= written.length;
        rollback.driving.onTick?.(tick);
      },
    });
    const cause = await ended;
    expect(cause).toBeInstanceOf(Superseded);
    expect(String(cause)).toMatch(/epoch 3/i);
    // Nothing of it was taken by the API server since the other one has the epoch, but what it told of itself.
    expect(written.slice(before).filter((ref) => !ref.startsWith('Event'))).toEqual([]);
    const goal = plan.waves[0]?.[0]?.steps[1]?.goal as Goal;
    const late = living.target.apply({ lane: 'all', step: '25 %', goal }, { epoch: 2 });
    await expect(late).rejects.toThrow(Superseded);
    await expect(living.driving.store.commit(found as Versioned)).rejects.toThrow('epoch 3');
    await expect(living.driving.store.renew(2)).rejects.toThrow(Superseded);

    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({ by: 'command', reason: expect.stringContaining('rollback: wrong prices') });
    const { namespace } = scene;
    const names = { Deployment: 'odoo', TraefikService: 'odoo', ConfigMap: stateName('odoo'), Lease: 'tillgate-odoo' };
    for (const [kind, name] of Object.entries(names) as [keyof typeof names, string][]) {
      const object = await rollback.writer.read({ kind, namespace, name });
      expect([kind, object?.metadata.annotations?.[EPOCH]]).toEqual([kind, '3']);
    }
    const all = 'deployments,services,ingressroutes.traefik.io,configmaps,secrets';
    const labelled = ['get', all, '-n', namespace, '-l', 'tillgate.dev/track=candidate', '-o', 'name'];
    expect(await bed.cluster.kubectl(labelled)).toBe('');
    const over = Date.now();
    await until('people go on', async () => [...(await people.record()).rows(over)].length >= 60);
    const record = await people.stop();
    expect([...record.rows()].filter(hurt)).toEqual([]);
    expect(new Set([...record.rows(over)].map(({ version }) => version))).toEqual(new Set([scene.from]));
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
