import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Reading } from '@tillgate/analysis';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { behave, type LoadRecord, type Row, type ShopBehaviour, until } from '@tillgate/testbed';
import { phaseOf } from '../phase.ts';
import type { Plan } from '../plan.ts';
import type { Status } from '../status.ts';
import type { CanaryInput } from '../strategies/canary.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed } from './bed.test-kit.ts';
import { beginOn, deliver, type Rig, rigFor } from './rig.test-kit.ts';
import { shipped } from './rights.test-kit.ts';
import { makeScene, type Scene, type SceneOptions } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';
import { assignedSessions } from './sessions.ts';
import { ask, hurt, startPeople, strayed } from './visitors.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;

interface Outcome {
  scene: Scene;
  rig: Rig;
  status: Status;
  phase: string;
  record: LoadRecord | undefined;
  rows: Row[];
  /** Each count of newly assigned sessions that the delivery was told, and of which time. */
  counted: { since: number; now: number; candidate: number; total: number }[];
}

/** So many answers tell what everybody meets in the end. */
const AFTERWARDS = 60;

/** The shops' own counter of sessions, as a policy names one. */
const sessionsOf = ({ namespace, from, to }: Scene): Reading => ({
  metric: 'sessions',
  query: `shop_sessions_total{namespace="${namespace}"}`,
  arm: { label: 'version', candidate: to, stable: from },
  counts: { kind: 'sessions' },
});

/** The plan, with that counter among what is read where a step waits for sessions. */
function countingSessions(plan: Plan, scene: Scene): Plan {
  const { watching } = plan;
  const waits = plan.waves
    .flat()
    .some(({ steps }) => steps.some((step) => step.leaveWhen.some(({ by }) => by === 'sessions')));
  if (!watching || !waits) return plan;
  const beside = { ...watching.beside, readings: [...watching.beside.readings, sessionsOf(scene)] };
  return { ...plan, watching: { ...watching, beside } };
}

/** A release from its beginning to its end, under people, unless nobody comes. */
async function run(options: SceneOptions & { plan?: Partial<CanaryInput>; nobody?: boolean }): Promise<Outcome> {
  // Where only some of the cases are asked for, the others are not begun after them.
  bed.ending.throwIfAborted();
  const scene = await makeScene(bed, options);
  const people = options.nobody ? undefined : await startPeople(bed, scene);
  const plan = countingSessions(await planFor(bed, scene, options.plan), scene);
  const counted: Outcome['counted'] = [];
  const count = assignedSessions(prometheusClient({ address: bed.prometheus.outside }), plan);
  const assigned: typeof count = async (since, now) => {
    const seen = await count(since, now);
    if (seen) counted.push({ since, now, ...seen });
    return seen;
  };
  const rig = rigFor(bed, scene, plan, { target: { assigned } });
  const { status } = await deliver(rig);
  // A slow answer to who asked before the end may come after it: what people meet then is told by those who ask later.
  const over = Date.now();
  if (people) await until('people go on', async () => [...(await people.record()).rows(over)].length >= 2 * AFTERWARDS);
  const record = await people?.stop();
  return { scene, rig, status, phase: phaseOf(plan, status), record, rows: record ? [...record.rows()] : [], counted };
}

const bad = (candidate: ShopBehaviour): SceneOptions => ({ candidate });
/** Each share is left only once so many sessions were newly assigned, and it was theirs: seven and a half begin a second. */
const LONG = [2_500, 5_000].map((share) => ({
  share,
  forMs: 4_000,
  maxMs: 60_000,
  analysis: true,
  sessions: { atLeast: 20, within: 2_000 },
}));
/** Sessions stay with one pod of their version, and pods are unready before they end. */
const BOUND: SceneOptions = { by: 'traefik', sticky: 'pod', drains: true };
const SCENES = {
  good: { ...BOUND, plan: { shares: LONG } },
  goodHttpRoute: { by: 'httproute', plan: { shares: LONG } },
  errors: bad({ errors: 0.4 }),
  errorsHttpRoute: { ...bad({ errors: 0.4 }), by: 'httproute' },
  rpcErrors: { ...bad({ rpcErrors: 0.8 }), ...BOUND },
  slow: bad({ latency: { medianMs: 250, sigma: 0 } }),
  leak: {
    ...bad({ memory: { startMiB: 16, mibPerSecond: 25 } }),
    plan: { shares: [{ share: 2_500, forMs: 60_000, maxMs: 90_000, analysis: true, sessions: null }] },
  },
  nobody: {
    nobody: true,
    plan: { shares: [{ share: 2_500, forMs: 1_000, maxMs: 5_000, analysis: true, sessions: null }] },
  },
  crashing: { candidateImage: 'example.test/crash-loop' },
  neverReady: { candidateImage: 'example.test/never-ready' },
} satisfies Record<string, Parameters<typeof run>[0]>;

const outcomes = {} as Record<keyof typeof SCENES, Promise<Outcome>>;

/** Puts the shipped IngressRoute in the place of the scene's own. */
async function takeShippedRoute(scene: Scene): Promise<void> {
  const [, route = ''] = (await shipped('route-traefik.yaml', scene)).split('\n---\n');
  const filled = route
    .replaceAll('shop.example', scene.host)
    .replace('[websecure]', '[web]')
    .replace('  tls: {}\n', '');
  expect(filled).toContain(scene.host);
  await bed.cluster.kubectl(
    ['apply', '--server-side', '--field-manager=platform', '--force-conflicts', '-f', '-'],
    filled,
  );
}

/** What clients were served besides the new version's own faults: nothing may have been lost on the way. */
const lost = ({ rows, scene }: Outcome) => rows.filter((row) => hurt(row) && row.version !== scene.to);
const last = ({ rows }: Outcome) => rows.slice(-AFTERWARDS);

(tools ? describe : describe.skip)('a release on a cluster, as clients saw it', () => {
  beforeAll(async () => {
    bed = await startDeliveryBed();
    // Three side by side: most of their time is waiting.
    const waiting = Object.entries(SCENES) as [keyof typeof SCENES, Parameters<typeof run>[0]][];
    const free = [1, 2, 3].map(() => Promise.resolve() as Promise<unknown>);
    waiting.forEach(([name, options], index) => {
      const lane = index % free.length;
      outcomes[name] = (free[lane] as Promise<unknown>).then(() => run(options));
      free[lane] = outcomes[name].catch(() => {});
    });
  });
  afterAll(() => bed?.stop());

  it.each(['good', 'goodHttpRoute'] as const)('%s is promoted, and no request is lost', async (name) => {
    const outcome = await outcomes[name];
    expect(outcome.phase).toBe('promoted');
    expect(outcome.rows.filter(hurt)).toEqual([]);
    expect(new Set(last(outcome).map(({ version }) => version))).toEqual(new Set([outcome.scene.to]));
    // The share is that of newly assigned sessions, and people stay where they are.
    const step = outcome.status.history.find((passage) => passage.step === '50 %');
    const sessions = [...Map.groupBy(outcome.rows, ({ session }) => session).values()];
    const during = (at: number) => at > (step?.reached ?? 0) && at < (step?.left ?? 0);
    const fresh = sessions.filter(([first]) => first && during(first.at) && first.cookies === 0);
    const given = fresh.filter(([first]) => first?.version === outcome.scene.to).length;
    expect(fresh.length).toBeGreaterThan(5);
    // By that share the step was left: a count that allows it is what clients saw, give or take two scrapes. Counting is
    // the last part of a look, so the count that allowed it is a little younger than the look that left.
    const counted = outcome.counted.findLast(
      ({ now, candidate, total }) =>
        now > (step?.reached ?? 0) &&
        now < (step?.left ?? 0) + 1_000 &&
        total >= 20 &&
        Math.abs(candidate / total - 0.5) <= 0.2,
    );
    if (!counted) throw new Error('No count of sessions allowed 50 % to be left.');
    const began = (from: number, to: number) =>
      outcome.rows.filter(({ at, cookies }) => cookies === 0 && at > from && at <= to).length;
    expect(counted.total).toBeGreaterThanOrEqual(began(counted.since + 2_000, counted.now - 2_000));
    expect(counted.total).toBeLessThanOrEqual(began(counted.since - 1_000, counted.now + 1_000));
    expect(Math.abs(given - fresh.length / 2)).toBeLessThan(4 * Math.sqrt(fresh.length / 4));
    if (name === 'good') {
      // Who asks again before the first answer is there has no cookie to show yet.
      const kept = fresh.map((own) => own.filter(({ at, cookies }) => during(at) && cookies > 0));
      for (const own of kept) expect(new Set(own.map(({ version }) => version)).size).toBeLessThanOrEqual(1);
    }
    const { candidate, candidateShare } = await outcome.rig.target.observe('all');
    expect({ candidate, candidateShare }).toEqual({ candidate: null, candidateShare: 0 });
    // Its last pods may still be ending.
    const ending = ['wait', '--for=delete', 'pod', '-l', 'tillgate.dev/track=candidate', '--timeout=60s'];
    await bed.cluster.kubectl([...ending, '-n', outcome.scene.namespace]);
    const left = await bed.cluster.kubectl([
      'get',
      'all,configmaps,secrets',
      '-n',
      outcome.scene.namespace,
      '-l',
      'tillgate.dev/track=candidate',
      '-o',
      'name',
    ]);
    // Copies of the configuration are what a rollback goes back to; the workload knows them, and there is nothing else.
    const annotation = 'jsonpath={.metadata.annotations.tillgate\\.dev/pins}';
    const known = await bed.cluster.kubectl([
      'get',
      'deployment',
      'odoo',
      '-n',
      outcome.scene.namespace,
      '-o',
      annotation,
    ]);
    expect(left.trim().split('\n').sort()).toEqual(
      known
        .split(' ')
        .map((pin) => pin.replace('s/', '/'))
        .sort(),
    );
    expect(known).toMatch(/^configmaps\/odoo-config-[0-9a-f]{10} secrets\/odoo-secret-[0-9a-f]{10}$/);
  });

  it.each([
    ['errors', 'errors'],
    ['errorsHttpRoute', 'errors'],
    ['rpcErrors', 'errors'],
    ['slow', 'latency'],
    ['leak', 'memory'],
  ] as const)('%s: goes back on what the analysis says of %s', async (name, metric) => {
    const outcome = await outcomes[name];
    expect(outcome.phase).toBe('returned');
    expect(outcome.status.decided).toMatchObject({ by: 'analysis', reason: expect.stringContaining(metric) });
    expect(lost(outcome)).toEqual([]);
    expect(new Set(last(outcome).map(({ version }) => version))).toEqual(new Set([outcome.scene.from]));
    const { candidate, candidateShare } = await outcome.rig.target.observe('all');
    expect({ candidate, candidateShare }).toEqual({ candidate: null, candidateShare: 0 });
  });

  it('keeps sessions on one pod for as long as there is one, forward and back, where the route binds them', async () => {
    for (const name of ['good', 'rpcErrors'] as const) expect(strayed((await outcomes[name]).rows)).toEqual([]);
    // What is told by that: where nothing binds them, sessions go everywhere.
    expect(strayed((await outcomes.goodHttpRoute).rows).length).toBeGreaterThan(100);
  });

  it('that nobody uses is not promoted', async () => {
    const outcome = await outcomes.nobody;
    expect(outcome.phase).toBe('returned');
    expect(outcome.status.decided?.by).toBe('time');
  });

  it.each(['crashing', 'neverReady'] as const)('%s: never gets a client', async (name) => {
    const outcome = await outcomes[name];
    expect(outcome.phase).toBe('returned');
    expect(outcome.status.decided?.by).toBe('floor');
    expect(outcome.rows.filter(hurt)).toEqual([]);
    expect(new Set(outcome.rows.map(({ version }) => version))).toEqual(new Set([outcome.scene.from]));
  });

  it('sends testers first, keeps sessions and their websockets together, and connectors on stable', async () => {
    const scene = await makeScene(bed, { sticky: 'pod' });
    await takeShippedRoute(scene);
    const plan = await planFor(bed, scene);
    const rig = rigFor(bed, scene, plan);
    const fence = await rig.target.claim(1);
    const steps = plan.waves[0]?.[0]?.steps ?? [];
    const reach = async (index: number) => {
      const goal = steps[index]?.goal as (typeof steps)[number]['goal'];
      await until(`${steps[index]?.name}`, async () => {
        await rig.target.apply({ lane: 'all', step: 'x', goal }, fence);
        const seen = await rig.target.observe('all');
        return seen.candidateShare === goal.candidateShare && seen.route === goal.route;
      });
    };
    const tester = { 'x-tester': 'yes' };
    await reach(0);
    await until('testers get it', async () => (await ask(bed, scene, '/', tester)).version === scene.to);
    for (let i = 0; i < 20; i++) expect((await ask(bed, scene, '/')).version).toBe(scene.from);
    expect((await ask(bed, scene, '/websocket', tester)).version).toBe(scene.to);
    expect((await ask(bed, scene, '/web/session/authenticate', tester, 'POST')).version).toBe(scene.to);
    await reach(1);
    await until('people get it', async () => (await ask(bed, scene, '/')).version === scene.to);
    const clients = await Promise.all(Array.from({ length: 40 }, () => ask(bed, scene, '/')));
    await reach(2);
    await until('more of them get it', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(bed, scene, '/')));
      return new Set(answers.flatMap(({ pod, version }) => (version === scene.to ? pod : []))).size === 2;
    });
    // Whoever came at the first share keeps version and pod at the second, where there is a pod more.
    const early = new Set<string>();
    for (const { version, pod, cookies } of clients) {
      early.add(version);
      for (const path of ['/', '/shop', '/'])
        expect(await ask(bed, scene, path, { cookie: cookies.join('; ') })).toMatchObject({ version, pod });
    }
    expect(early).toEqual(new Set([scene.from, scene.to]));
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const first = await ask(bed, scene, '/');
      const cookie = { cookie: first.cookies.join('; ') };
      seen.add(first.version);
      for (const path of ['/', '/websocket', '/shop']) {
        expect({ path, version: (await ask(bed, scene, path, cookie)).version }).toEqual({
          path,
          version: first.version,
        });
      }
      expect((await ask(bed, scene, '/web/dataset/call_kw', cookie, 'POST')).version).toBe(first.version);
      expect((await ask(bed, scene, '/jsonrpc')).version).toBe(scene.from);
      // A payment provider that calls back knows neither cookies nor one of these paths.
      expect((await ask(bed, scene, '/payment/provider/webhook', {}, 'POST')).version).toBe(scene.from);
    }
    expect(seen).toEqual(new Set([scene.from, scene.to]));
  });

  it('whose pods all go away in the middle is taken out before anything else', async () => {
    const scene = await makeScene(bed);
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene, {
      shares: [{ share: 2_500, forMs: 60_000, maxMs: 90_000, analysis: true, sessions: null }],
    });
    const rig = rigFor(bed, scene, { ...plan, watching: plan.watching && { ...plan.watching, readyWithinMs: 10_000 } });
    await beginOn(rig);
    const driven = rig.drive();
    await until('it has its share', () =>
      rig.said.some((said) => said.includes('"reached","lane":"all","step":"25 %"')),
    );
    const gone = Date.now();
    await behave(bed.cluster.bed, scene.images[scene.to] as string, { warmUp: '1h' });
    await until('its member is out', async () => (await rig.target.observe('all')).candidateShare === 0);
    const out = Date.now();
    // Not because the release was turned: whether its pods come back is still open.
    expect(rig.said.filter((said) => said.includes('"what":"turned"'))).toEqual([]);
    const { status } = await driven;
    const record = await people.stop();
    expect(phaseOf(plan, status)).toBe('returned');
    const hurtRows = [...record.rows()].filter(hurt);
    // Without endpoints the route knows no way, for everybody, until the member is out: who is quicker, router or
    // delivery, is open. Nothing else happens to anybody, and neither before nor after.
    expect(hurtRows.filter(({ status: code, at }) => code !== 404 || at <= gone - 1_000 || at > out + 1_500)).toEqual(
      [],
    );
  });
});
