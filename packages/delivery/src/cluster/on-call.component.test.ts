import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Writer } from '@tillgate/kubernetes';
import { failed, until } from '@tillgate/testbed';
import type { Driven } from '../drive/drive.ts';
import { phaseOf } from '../phase.ts';
import type { Goal } from '../plan.ts';
import type { Status } from '../status.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerOf } from './bed.test-kit.ts';
import type { Deployment, Keyed } from './objects.ts';
import { beginOn, mortal, type Rig, rigFor } from './rig.test-kit.ts';
import {
  putRightsInForce,
  ROOT,
  shell,
  tick as tickOn,
  USERS,
  watchdogKubeconfig,
  withRights,
} from './rights.test-kit.ts';
import { makeScene, type Scene, scenesAhead } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';
import { hurt, startPeople } from './visitors.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;
let deployer: Writer;

const tick = (of: Scene, kubeconfig: string, seconds?: number) => tickOn(bed, of, kubeconfig, seconds);

/** The blocks of the page for people on call, by name. */
async function page(of: Scene): Promise<Map<string, string>> {
  const text = await readFile(join(ROOT, 'docs/delivery-on-call.md'), 'utf8');
  const blocks = [...text.matchAll(/```sh (\S+)\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, name = '', code = '']) => [name, code.replaceAll('-n shop', `-n ${of.namespace}`)]));
}

/** A delivery that is being driven; whoever does not wait for it lets it go. */
function driving(rig: Rig): Promise<Driven> {
  const driven = rig.drive();
  driven.catch(() => {});
  return driven;
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

/** A scene in which everybody has the rights that are shipped. */
const nextScene = scenesAhead(async () => {
  const of = await makeScene(bed);
  await withRights(bed, of);
  return of;
});

(tools ? describe : describe.skip)('accounts', () => {
  beforeAll(async () => {
    bed = await startDeliveryBed(USERS);
    ({ deployer } = await putRightsInForce(bed));
  });
  afterAll(() => bed?.stop());

  it('of people on call do what their page says, word for word', async () => {
    const of = await nextScene();
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
      const { code, out, err } = await shell(bed, commands.get(name) ?? 'false', person);
      expect({ name, code, err }).toEqual({ name, code: 0, err: '' });
      return out;
    };
    const plan = await planFor(bed, of, {
      shares: [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }],
    });
    const rig = rigFor(bed, of, plan, { writer: deployer, who: 'run 17' });
    await beginOn(rig);
    const driven = driving(rig);
    await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
    expect(await run('status')).toMatch(
      /^forward - from sha256:\w+ to sha256:\w+\nforward: step "25 %", 25 % to the candidate, since .*\n/,
    );
    expect(await run('driver')).toMatch(/^run 17 \d{4}-\d\d-\d\dT/);
    // The account that delivers may listen, so that nobody waits for its next look.
    const stop = new AbortController();
    let told = 0;
    const listening = rig.driving.store.listen(() => told++, stop.signal);
    await until('it listens', () => told === 1);
    await run('pause');
    await until('it is told', () => told === 2);
    stop.abort();
    await listening;
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
    // What the delivery told of itself, through the account that delivers: kubectl shows kind, reason, object and line.
    expect(rig.untold).toEqual([]);
    const events = (await run('events')).split('\n').map((line) => line.replace(/^\S+\s+/, '').replace(/\s+/g, ' '));
    expect(events).toEqual(
      expect.arrayContaining([
        'Normal DeliveryBegan deployment/odoo 25 %: begun, the candidate is to get 25 %.',
        expect.stringMatching(/^Normal DeliveryReached deployment\/odoo 25 %: reached after /),
        'Normal DeliveryHeard deployment/odoo Heard "pause" from your name: why.',
        expect.stringMatching(
          /^Warning DeliveryTurned deployment\/odoo 25 %: turned to "stable" by command: .*your name/,
        ),
        'Normal DeliveryEnded deployment/odoo Ended: returned.',
      ]),
    );
  });

  it('of people on call let a release go on that nothing can be shown of', async () => {
    const of = await nextScene();
    // The word is for the step at which it is said.
    const shares = [{ share: 2_500, forMs: 2_000, maxMs: 60_000, analysis: true, sessions: null }];
    const rig = rigFor(bed, of, await planFor(bed, of, { shares }), { writer: deployer });
    await beginOn(rig);
    const driven = driving(rig);
    // Nobody comes, so nothing is ever shown.
    await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
    const { code } = await shell(
      bed,
      (await page(of)).get('promote') ?? 'false',
      await bed.cluster.kubeconfigOf('person'),
    );
    expect(code).toBe(0);
    const { status } = await driven;
    expect(phaseOf(rig.plan, status)).toBe('promoted');
    expect(JSON.stringify(status)).toContain('your name: why');
  });

  it('of people on call take back what nobody drives, and who comes next cleans up', async () => {
    const of = await nextScene();
    const plan = await planFor(bed, of, {
      shares: [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }],
    });
    const { writer, die } = mortal(await writerOf(bed, 'tillgate-deploy'));
    const rig = rigFor(bed, of, plan, { writer });
    await beginOn(rig);
    driving(rig);
    await heard(rig, '"what":"reached","lane":"all","step":"25 %"');
    die();
    const run = async (name: string, kubeconfig: string) => {
      const { code, err } = await shell(bed, (await page(of)).get(name) ?? 'false', kubeconfig);
      expect({ name, code, err }).toEqual({ name, code: 0, err: '' });
    };
    await run('abort', await bed.cluster.kubeconfigOf('person'));
    await run('way-out', bed.cluster.kubeconfig);
    const next = rigFor(bed, of, plan, { writer: deployer });
    expect(await next.target.observe('all')).toMatchObject({ candidateShare: 0, stable: { image: of.from } });
    await until('the Lease has run out', async () => (await next.driving.store.holder()) === undefined);
    const { status } = await next.drive();
    expect(phaseOf(plan, status)).toBe('returned');
    expect(next.said.join('\n')).not.toContain('"way":"forward"');
    expect((await next.target.observe('all')).candidate).toBeNull();
  });

  describe('of the watchdog', () => {
    it('leaves alone who lives, and takes traffic back from who has died; a rerun cleans up', async () => {
      const of = await nextScene();
      const config = await watchdogKubeconfig(bed, of);
      expect(await tick(of, config)).toMatchObject({ code: 0, out: '' });
      // It lasts until its runner dies, however slow the ticks before that are.
      const shares = [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }];
      const plan = await planFor(bed, of, { abandonAfterMs: 120_000, shares });
      const people = await startPeople(bed, of);
      const { writer, die } = mortal(await writerOf(bed, 'tillgate-deploy'));
      const rig = rigFor(bed, of, plan, { writer });
      await beginOn(rig);
      driving(rig);
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
      const { status } = await next.drive();
      expect(phaseOf(plan, status)).toBe('returned');
      expect((await next.target.observe('all')).candidate).toBeNull();
      const record = await people.stop();
      expect([...record.rows()].filter(failed)).toEqual([]);
    });

    it('takes traffic back where an HTTPRoute parts it, and whoever comes next goes wholly back', async () => {
      const of = await makeScene(bed, { by: 'httproute' });
      await withRights(bed, of);
      const config = await watchdogKubeconfig(bed, of);
      const people = await startPeople(bed, of);
      const met = async (since: number) => [...(await people.record()).rows(since)].map(({ version }) => version);
      const shares = [{ share: 2_500, forMs: 3_600_000, maxMs: 7_200_000, analysis: false, sessions: null }];
      const plan = await planFor(bed, of, { abandonAfterMs: 120_000, shares });
      const { writer, die } = mortal(await writerOf(bed, 'tillgate-deploy'));
      const rig = rigFor(bed, of, plan, { writer });
      await beginOn(rig);
      driving(rig);
      await until('people meet the candidate', async () => (await met(0)).includes(of.to), 60_000);
      die();
      expect(await tick(of, config, 120)).toMatchObject({ code: 0, out: '', err: '' });
      const acted = await tick(of, config, 120);
      expect(acted).toMatchObject({ code: 0, err: '', out: expect.stringContaining('odoo was taken to "stable"') });
      // The router hears of it; the candidate's pods still stand, and of sixty people in a row nobody is led there.
      const out = Date.now();
      await until('everybody is back', async () => {
        const latest = (await met(out)).slice(-60);
        return latest.length === 60 && latest.every((version) => version === of.from);
      });
      const next = rigFor(bed, of, plan, { writer: deployer });
      expect(await next.target.observe('all')).toMatchObject({ candidateShare: 0, candidate: { ready: 1 } });
      await until('the Lease has run out', async () => (await next.driving.store.holder()) === undefined);
      expect(phaseOf(plan, (await next.drive()).status)).toBe('returned');
      expect(await next.target.observe('all')).toMatchObject({ candidate: null, stable: { image: of.from } });
      const record = await people.stop();
      expect([...record.rows()].filter(hurt)).toEqual([]);
      expect([rig.untold, next.untold]).toEqual([[], []]);
    });

    it('leaves alone who lives past the deadline, such as a rollback', async () => {
      const of = await nextScene();
      const config = await watchdogKubeconfig(bed, of);
      const rig = rigFor(bed, of, await planFor(bed, of, { deadlineMs: 1 }), { writer: deployer });
      await beginOn(rig);
      for (let i = 0; i < 4; i++) {
        await rig.driving.store.renew(1);
        expect(await tick(of, config)).toMatchObject({ code: 0, out: '', err: '' });
      }
    });

    it('takes nothing from who came after it: no epoch is ever lowered', async () => {
      const of = await nextScene();
      const config = await watchdogKubeconfig(bed, of);
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
        const of = await nextScene();
        const config = await watchdogKubeconfig(bed, of);
        const plan = await planFor(bed, of, by === 'deadline' ? { deadlineMs: 1 } : {});
        const rig = rigFor(bed, of, plan, { writer: deployer });
        await beginOn(rig);
        await rig.driving.store.renew(1);
        if (by === 'abort')
          await shell(bed, (await page(of)).get('abort') ?? 'false', await bed.cluster.kubeconfigOf('person'));
        const ticks: string[] = [];
        for (let i = 0; i < 3; i++) ticks.push((await tick(of, config, 1)).out);
        expect(ticks.join('')).toContain(by === 'deadline' ? 'deadline' : 'abort was said');
      }
    });

    it('does nothing by a way out that is not the pinned one, and counts no tick in which the API is away', async () => {
      const of = await nextScene();
      const config = await watchdogKubeconfig(bed, of);
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
});
