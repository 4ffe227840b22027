/**
 * A rollback on a cluster in memory: what it tells people on its way, and that one whose runner dies at any moment ends in a
 * rerun as it would have, with one record of it.
 */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Ref } from '@tillgate/kubernetes';
import { digestOf, digestOfValue, subjectOf } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';
import { exampleRecord, IDENTITY, keySetFile, NOW, newKey } from '@tillgate/signing/test-kit';
import type { RollBackFrame } from './roll-back.ts';

const delivery = await import('@tillgate/delivery');
const cluster = await import('@tillgate/delivery/cluster');
const kit = await import('@tillgate/delivery/test-kit');
const host = await import('@tillgate/host');
const signing = await import('@tillgate/signing');

const { NEW, OLD } = kit;
const key = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const KEYS = signing.parseKeySet(keySetFile(key.entry));
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'corner-shops/odoo', digest: NEW }],
});
const PLAN = delivery.compileCanary(kit.exampleInput({ release: RELEASE.release }));
const FROZEN = JSON.parse(JSON.stringify(PLAN)) as NonNullable<ReleaseRecord['delivery']['frozen']>;
const RECORD = new TextDecoder().decode(
  await signing.signRecord(
    exampleRecord({
      release: RELEASE,
      from: [{ kind: 'image', name: null, digest: OLD }],
      commits: { from: 'b'.repeat(40), to: RELEASE.commit, binding: 'label' },
      data: { units: [{ units: ['*'], oldOnNew: 'yes', newOnOld: 'yes', modulesToUpdate: [] }], assets: [] },
      delivery: { strategy: 'canary', plan: digestOfValue(FROZEN), frozen: FROZEN, podTemplate: null, watchMs: 1 },
      recovery: { open: [], closed: [], plan: digestOfValue(delivery.rollbackOf(PLAN)), rtoMs: null, rpoMs: null },
      readmitted: [],
    }),
    key.signer,
  ),
);
const STATE: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-delivery-odoo' };
const ENVIRONMENT: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-environment' };

type Chaos = ConstructorParameters<typeof kit.Process>[1];
type Scene = Awaited<ReturnType<typeof sceneWith>>;

/** Of the run that is under way. */
let scene: Scene;
let running: InstanceType<typeof kit.Process>;
let files: string[];
let readOnly: boolean;

jest.unstable_mockModule('@tillgate/host', () => ({
  ...host,
  writeWhole: (path: string) => running.call(() => files.push(path)),
}));
jest.unstable_mockModule('@tillgate/delivery', () => ({
  ...delivery,
  drive: (driving: Parameters<typeof delivery.drive>[0]) => {
    const process = running;
    const now = () => process.time.now;
    return delivery.drive({
      ...driving,
      pace: { wait: (ms, until) => process.wait(ms, until), now, random: () => 0.5 },
    });
  },
}));
jest.unstable_mockModule('@tillgate/delivery/cluster', () => ({ ...cluster, openDelivery: () => placeOf(scene) }));
const { rollBack } = await import('./roll-back.ts');

/** A cluster in which the canary has come so far, and nobody drives it any more. */
async function sceneWith(end: 'promoted' | 'returned' | undefined) {
  const time = new kit.VirtualTime(Date.parse(NOW));
  const healthy = { errors: 0, startsIn: 2_000 };
  const world = new kit.World(time, end === 'promoted' ? NEW : OLD, { [OLD]: healthy, [NEW]: healthy });
  if (end === undefined) {
    world.candidate = world.create(NEW, 2);
    world.routing.share = 1_000;
    await time.pass(5_000);
  }
  const { writer, objects } = kit.memoryWriter(() => time.now);
  const before = { ...kit.beforeOf(world), image: OLD };
  const begun = delivery.begin(PLAN, {
    record: signing.recordDigest(Buffer.from(RECORD)),
    ...{ before, escape: {}, onInconclusive: 'safe-state', at: time.now, epoch: 1 },
  });
  const lane = { way: 'forward', step: 1, since: time.now, limitFrom: time.now, ...(end && { end }) } as const;
  const status = { ...begun, lanes: { [delivery.LANE]: lane } };
  const data = { record: RECORD, status: delivery.encodeStatus(status), over: String(end !== undefined) };
  objects.put(STATE, { metadata: { name: STATE.name, annotations: { 'tillgate.dev/epoch': '1' } }, data } as never);
  const head = JSON.stringify({ sequence: 3, digest: signing.recordDigest(Buffer.from(RECORD)) });
  const keys = new TextDecoder().decode(keySetFile(key.entry));
  const said = { environment: 'production', policy: digestOf('policy'), head, keys, allowed: `${OLD} ${NEW}` };
  objects.put(ENVIRONMENT, { metadata: { name: ENVIRONMENT.name }, data: said } as never);
  return { time, world, writer, objects };
}

/** A watch that nothing is heard on. */
const quiet = (_ref: Ref, _heard: unknown, signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** As a process that may die sees it: every call is one that it may die in. */
function placeOf({ world, writer }: Scene) {
  const process = running;
  const dying = new Proxy(writer, {
    get: (_, name) => {
      if (name === 'watch') return quiet;
      const member = writer[name as keyof typeof writer] as unknown;
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        process.call(() => {
          if (readOnly && name === 'patch' && (given[0] as Ref).name === ENVIRONMENT.name)
            throw new delivery.Refused('It may not be written.');
          const answer = member.apply(writer, given) as Promise<unknown>;
          answer.catch(() => undefined); // a process that died meanwhile never hears of it
          return answer;
        });
    },
  });
  const { read, keep } = kit.keptBeside(dying, STATE);
  return {
    ...{ writer: dying, kept: read, keep },
    environment: cluster.environmentObject(dying, 'shop'),
    identity: async () => IDENTITY,
    epoch: async () => Math.max(world.stable.epoch, world.routing.epoch, world.candidate?.epoch ?? 0),
    store: (kept: { record: string; actRecord?: string }, plan: typeof PLAN) =>
      cluster.clusterStore(dying, {
        namespace: 'shop',
        deployment: 'odoo',
        ...kept,
        plan,
        who: `run ${Math.random()}`,
      }),
    at: (plan: typeof PLAN) => ({
      target: kit.memoryTarget(world, plan, process),
      counts: { read: async () => ({ windows: [], faults: [] }) },
    }),
  };
}

/** One run of the act; undefined where its runner died. */
async function run(inputs: object, chaos?: Chaos) {
  const process = new kit.Process(scene.time, chaos);
  running = process;
  const frame = {
    inputs: {
      ...{ namespace: 'shop', workload: 'deployment/odoo', reason: 'wrong prices', confirm: 'production' },
      ...{ execute: true, quarantine: true, 'unfinished-only': false, 'prometheus-url': '', 'github-token': '' },
      ...{ 'signing-key': key.privateKey, 'recovery-record-file': 'recovery.json', ...inputs },
    },
    secrets: { add: () => undefined },
    log: { info: () => undefined, warn: () => undefined, debug: () => undefined },
    signal: new AbortController().signal,
  } as unknown as RollBackFrame;
  let over = false;
  const ended = Promise.race([rollBack(frame), process.died]).finally(() => (over = true));
  ended.catch(() => undefined); // awaited below
  const ticking = async () => {
    while (!over) await scene.time.sleep(1_000);
  };
  void ticking();
  const ending = await scene.time.until(ended);
  return { ending: ending === 'died' ? undefined : ending, calls: process.calls };
}

/** What a run leaves in the end: what runs, what may not run again, and the record that is the head. */
function left() {
  const data = (ref: Ref) => (scene.objects.at(ref) as { data: Record<string, string> }).data;
  const { head, allowed, quarantine = '[]' } = data(ENVIRONMENT);
  const { sequence, digest } = JSON.parse(head as string) as { sequence: number; digest: string };
  const lying = [data(STATE)['act-record'], data(STATE)['next-record']].filter((each) => each !== undefined);
  const kinds = lying.flatMap((each) =>
    (['recovery', 'delivery'] as const).filter((kind) => {
      try {
        const signed = signing.verifyActRecord(Buffer.from(each), KEYS, kind, NOW);
        return signed.digest === digest && signed.record.sequence === sequence;
      } catch {
        return false; // of the other kind, or not the head
      }
    }),
  );
  const { stable, candidate, routing } = scene.world;
  return {
    runs: [...new Set(stable.pods.map((pod) => pod.digest))],
    candidate: [candidate, routing.share],
    allowed: allowed?.split(' '),
    quarantine: (JSON.parse(quarantine) as { digest: string }[]).map((one) => one.digest),
    head: [sequence, ...kinds],
    nowhere: scene.world.nowhere,
  };
}

beforeEach(() => {
  process.env.GITHUB_WORKSPACE = '/';
  files = [];
  readOnly = false;
});

const AT_REST = { candidate: [null, 0], nowhere: [] };
const BACK = { ...AT_REST, runs: [OLD], allowed: [OLD], quarantine: [NEW], head: [4, 'recovery'] };
const KEPT = { ...AT_REST, runs: [NEW], allowed: [OLD, NEW], quarantine: [], head: [4, 'delivery'] };
const AFTER_A_RUNNER_DIED = { 'unfinished-only': true, quarantine: false };

describe('a rollback', () => {
  it.each([
    ['of a canary on its way', undefined, 'DeliveryTurned'],
    ['of what was promoted', 'promoted', 'RollbackBegan'],
  ] as const)('%s tells it by Events, on GitHub, and in a summary with a chart', async (_, end, reason) => {
    const told: { path: string | undefined; body: Record<string, unknown> }[] = [];
    const github = createServer(async (request, response) => {
      const { method, url = '' } = request;
      response.setHeader('content-type', 'application/json');
      // The deployment of the release, which GitHub shows as active.
      if (method === 'GET')
        return void response.end(url.includes('/statuses') ? '[{"state":"success"}]' : '[{"id":5}]');
      told.push({ path: url, body: JSON.parse(await text(request)) });
      response.writeHead(201).end('{"id":7}');
    });
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    const { port } = github.address() as AddressInfo;
    Object.assign(process.env, { GITHUB_REPOSITORY: 'corner-shops/shops', GITHUB_API_URL: `http://127.0.0.1:${port}` });
    try {
      scene = await sceneWith(end);
      const { ending } = await run({ 'github-token': 'ghs_nobody' });
      const events = scene.objects.all('Event').map(({ reason: about, type, involvedObject }) => ({
        ...{ about, type, on: (involvedObject as { name: string }).name },
      }));
      expect(events).toContainEqual({ about: reason, type: end ? 'Normal' : 'Warning', on: 'odoo' });
      expect(told[0]).toMatchObject({
        path: '/repos/corner-shops/shops/deployments',
        body: { ref: 'b'.repeat(40), environment: 'production', description: 'Rollback of release record no. 3' },
      });
      const states = told.slice(1).map(({ path, body }) => `${path?.split('/')[5]} ${body.state}`);
      expect([states[0], ...states.slice(-2)]).toEqual(['7 in_progress', '7 success', '5 inactive']);
      expect(ending?.summary).toMatch(/```mermaid[\s\S]*### What happened/);
    } finally {
      delete process.env.GITHUB_REPOSITORY;
      delete process.env.GITHUB_API_URL;
      github.close();
    }
  });
});

describe('a rollback of a release whose state was edited', () => {
  it('goes the way back where it says that all is back, and some are on the candidate', async () => {
    scene = await sceneWith('returned');
    scene.world.candidate = scene.world.create(NEW, 2);
    scene.world.routing.share = 500;
    const { ending } = await run({});
    expect([ending?.green, left()]).toEqual([true, BACK]);
  });

  it.each([
    ['promoted', 'a candidate still stands'],
    ['returned', 'the router gives a candidate 5 %'],
  ] as const)('signs nothing after a runner died that says "%s", and the candidate has 5 %', async (end, why) => {
    scene = await sceneWith(end);
    scene.world.candidate = scene.world.create(NEW, 2);
    scene.world.routing.share = 500;
    const { ending } = await run(AFTER_A_RUNNER_DIED);
    expect(ending).toMatchObject({ green: false, outputs: { from: '', to: '', 'recovery-record': '' } });
    expect(ending?.summary).toContain(why);
    expect([files, left().head]).toEqual([[], [3]]);
  });
});

describe('a rollback that may not write the environment object', () => {
  it('takes a canary back all the same, says what is missing, and is completed by a rerun', async () => {
    scene = await sceneWith(undefined);
    readOnly = true;
    const { ending } = await run({});
    expect(ending).toMatchObject({ green: false, outputs: { from: NEW, to: OLD, 'recovery-record': '' } });
    expect(ending?.summary).toMatch(/^## ❌ Back, but not all was done[\s\S]*may not be written[\s\S]*Run it again/);
    expect([left(), files]).toEqual([{ ...BACK, allowed: [OLD, NEW], quarantine: [], head: [3] }, []]);
    readOnly = false;
    const rerun = await run({});
    expect([rerun.ending?.green, left()]).toEqual([true, BACK]);
  });
});

describe('a rollback that dies with any call', () => {
  it.each([
    ['of a canary on its way', undefined, {}, BACK],
    ['of what was promoted', 'promoted', {}, BACK],
    ['of what went back and left no record', 'returned', {}, BACK],
    ['after a runner died, of a canary on its way', undefined, AFTER_A_RUNNER_DIED, { ...BACK, quarantine: [] }],
    ['after a runner died, of what was promoted and left no record', 'promoted', AFTER_A_RUNNER_DIED, KEPT],
  ] as const)('%s, goes on in a rerun to where it leads', async (_, end, inputs, leads) => {
    scene = await sceneWith(end);
    const whole = await run(inputs);
    expect([whole.ending?.green, left()]).toEqual([true, leads]);
    // To die before a call is to die after the one before it.
    for (let call = 0; call < whole.calls; call++) {
      scene = await sceneWith(end);
      const first = await run(inputs, { dies: { call, done: true } });
      const rerun = await run(inputs);
      const became = { call, first: first.ending, green: rerun.ending?.green, ...left() };
      expect(became).toEqual({ call, first: undefined, green: true, ...leads });
    }
  });
});

describe('a rollback of what went back by itself, and one that only records what is over', () => {
  it.each([
    ['the first', {}, AFTER_A_RUNNER_DIED],
    ['the other', AFTER_A_RUNNER_DIED, {}],
  ] as const)('leave a chain whose head lies there, whenever %s dies and the next comes', async (_, dying, next) => {
    scene = await sceneWith('returned');
    const { calls } = await run(dying);
    for (let call = 0; call < calls; call++) {
      scene = await sceneWith('returned');
      await run(dying, { dies: { call, done: true } });
      const [came, rerun] = [await run(next), await run({})];
      const [sequence, kind] = left().head;
      // Where the delivery was first, the rollback comes on top of it, or finds that all is said.
      const isWhole = ['4 recovery', '5 recovery', '4 delivery'].includes(`${sequence} ${kind}`);
      const became = { call, isWhole, came: came.ending?.green, rerun: rerun.ending?.green };
      expect(became).toEqual({ call, isWhole: true, came: true, rerun: true });
    }
  });
});
