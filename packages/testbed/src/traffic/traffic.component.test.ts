import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clusterComponents } from '../cluster/programs.ts';
import { type Cluster, startCluster } from '../cluster/start.ts';
import { type Prometheus, startPrometheus } from '../prometheus/index.ts';
import { needBed } from '../require.ts';
import { until } from '../until.ts';
import { type Load, startLoad } from './load.ts';
import type { LoadRecord, Row } from './record.ts';
import { httpRoute, ingressRoute, type SplitRoute } from './routes.ts';
import { startTraefik, type Traefik } from './traefik.ts';
import { applyObjects, setEndpoints, startVersion } from './version.ts';

const tools = await needBed(...clusterComponents, 'traefik', 'prometheus');

const NAMESPACE = 'default';
let cluster: Cluster;
let traefik: Traefik;
let prometheus: Prometheus;

/** Two versions of their own for a test, with two addresses each. */
let nets = 0;
async function twoVersions(name: string) {
  const net = `10.244.${200 + nets++}`;
  const stable = { namespace: NAMESPACE, name: `${name}-stable`, addresses: [`${net}.1`, `${net}.2`] };
  const canary = { namespace: NAMESPACE, name: `${name}-canary`, addresses: [`${net}.3`, `${net}.4`] };
  await Promise.all([startVersion(cluster, stable), startVersion(cluster, canary)]);
  return { stable, canary };
}

function split(name: string, stable: number, canary: number): SplitRoute {
  return {
    namespace: NAMESPACE,
    name,
    hosts: [`${name}.test`],
    members: [
      { service: `${name}-stable`, port: 80, weight: stable },
      { service: `${name}-canary`, port: 80, weight: canary },
    ],
  };
}

function load(name: string, options: { perSecond?: number; thinkSeconds?: number; seed?: number } = {}): Promise<Load> {
  return startLoad({
    bed: cluster.bed,
    target: traefik.inside,
    file: join(cluster.bed.folder, `${name}-${options.seed ?? 1}.load`),
    seed: options.seed ?? 1,
    arrivals: { pattern: 'constant', perSecond: options.perSecond ?? 300 },
    tenants: [{ host: `${name}.test` }],
    requests: [{ name: 'page', method: 'GET', path: '/' }],
    sessions: { thinkSeconds: options.thinkSeconds ?? 0.5, meanRequests: 10 },
  });
}

/** Waits until so many requests that were due after a moment have ended. */
const seen = (running: Load, rows: number, after = 0) =>
  until(`${rows} requests`, async () => [...(await running.record()).rows(after)].length >= rows);

/** What a client gets now, outside any load. */
async function status(host: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asking = request({ ...traefik.outside, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode as number);
    });
    asking.on('error', reject).end();
  });
}

/** Waits until Traefik splits as told, by its own account. */
const weights = (name: string, ...wanted: number[]) =>
  until(`${name} is split ${wanted.join('/')}`, async () =>
    [...(await traefik.services()).values()].some(
      ({ name: of, weighted }) =>
        of.includes(name) && weighted?.services?.map(({ weight }) => weight).join() === wanted.join(),
    ),
  );

/** Distance of a share from what it should be, in standard deviations of independent draws. */
function sigmas(rows: readonly Row[], canary: string, p: number): number {
  const share = rows.filter(({ version }) => version === canary).length / rows.length;
  return Math.abs(share - p) / Math.sqrt((p * (1 - p)) / rows.length);
}

const statuses = (record: LoadRecord) => [...record.count((row) => `${row.status} ${row.error}`.trim()).keys()];

(tools ? describe : describe.skip)('traffic through Traefik', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    traefik = await startTraefik({ cluster, throttle: '100ms' });
    prometheus = await startPrometheus({
      bed: cluster.bed,
      intervalSeconds: 1,
      scrape: [{ job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path }],
    });
  });
  afterAll(() => cluster?.stop());

  describe.each([
    ['a TraefikService', 'crd', ingressRoute],
    ['an HTTPRoute', 'gateway', httpRoute],
  ])('split by %s', (_, name, route) => {
    it('goes 90/10, and 50/50 once the weights are changed, with no request lost', async () => {
      await twoVersions(name);
      await applyObjects(cluster, route(split(name, 90, 10)));
      await until('the route leads somewhere', async () => (await status(`${name}.test`)) === 200);
      const running = await load(name);
      await seen(running, 1000);
      const changed = Date.now();
      await applyObjects(cluster, route(split(name, 50, 50)));
      await weights(name, 50, 50);
      const settled = Date.now();
      await seen(running, 1000, settled);
      const record = await running.stop();

      expect(statuses(record)).toEqual(['200']);
      const [before, after] = [[...record.rows(0, changed)], [...record.rows(settled)]];
      expect(before.length).toBeGreaterThanOrEqual(1000);
      expect(sigmas(before, `${name}-canary`, 0.1)).toBeLessThan(3);
      expect(sigmas(after, `${name}-canary`, 0.5)).toBeLessThan(3);
      // All pods of a version take part.
      expect(new Set(before.map(({ pod }) => pod)).size).toBe(4);
    });
  });

  it('keeps a session with its version while weights change, until one is 0', async () => {
    await twoVersions('sticky');
    const route = (stable: number, canary: number) =>
      ingressRoute({ ...split('sticky', stable, canary), sticky: 'lane' });
    await applyObjects(cluster, route(70, 30));
    await until('the route leads somewhere', async () => (await status('sticky.test')) === 200);
    const running = await load('sticky', { perSecond: 200, thinkSeconds: 2 });
    await seen(running, 800);
    const changed = Date.now();
    await applyObjects(cluster, route(30, 70));
    await weights('sticky', 30, 70);
    await seen(running, 800, Date.now());
    const takenBack = Date.now();
    await applyObjects(cluster, route(100, 0));
    await weights('sticky', 100, 0);
    const settled = Date.now();
    await seen(running, 300, settled);
    const record = await running.stop();

    expect(statuses(record)).toEqual(['200']);
    const sessions = [...Map.groupBy(record.rows(0, takenBack), ({ session }) => session).values()];
    // Who asks a second time before the first answer is there has no cookie to show and may land anywhere.
    const sound = sessions.filter((own) => own.filter(({ cookies }) => cookies === 0).length === 1);
    expect(sound.length).toBeGreaterThan(sessions.length * 0.9);
    for (const own of sound) expect(new Set(own.map(({ version }) => version)).size).toBe(1);
    // The first choice follows the weights, which is why the test above would fail if cookies were ignored.
    const first = sound.map((own) => own[0] as Row).filter(({ at }) => at < changed);
    expect(sigmas(first, 'sticky-canary', 0.3)).toBeLessThan(3);
    const across = sound.filter((own) => own.some(({ at }) => at < changed) && own.some(({ at }) => at > changed));
    expect(across.length).toBeGreaterThan(50);

    // At weight 0 nobody stays: the cookie of a version that takes no part is not heeded.
    const bound = new Set(sound.filter((own) => own[0]?.version === 'sticky-canary').map((own) => own[0]?.session));
    const after = [...record.rows(settled)];
    expect(after.filter(({ session }) => bound.has(session)).length).toBeGreaterThan(20);
    expect(new Set(after.map(({ version }) => version))).toEqual(new Set(['sticky-stable']));
  });

  describe('a version without a ready pod', () => {
    it('takes the whole TraefikService down, even at weight 0, until its entry is removed', async () => {
      const { canary } = await twoVersions('trap');
      await applyObjects(cluster, ingressRoute(split('trap', 99, 1)));
      await until('the route leads somewhere', async () => (await status('trap.test')) === 200);
      await setEndpoints(cluster, canary, []);
      await until('every client gets 404', async () => (await status('trap.test')) === 404);
      const running = await load('trap');
      await seen(running, 200);
      const without = split('trap', 100, 0);
      await applyObjects(cluster, ingressRoute(without));
      // A change elsewhere that Traefik has taken shows that it has seen this one, and what it made of it.
      const beacon = { ...without, name: 'beacon', hosts: ['beacon.test'], members: without.members.slice(0, 1) };
      await applyObjects(cluster, ingressRoute(beacon));
      await until('Traefik has seen it', async () => (await traefik.services()).has('default-beacon@kubernetescrd'));
      const changed = Date.now();
      await seen(running, 200, changed);
      expect(statuses(await running.stop())).toEqual(['404']);

      await applyObjects(cluster, ingressRoute({ ...without, members: without.members.slice(0, 1) }));
      await until('the route leads somewhere', async () => (await status('trap.test')) === 200);
      const after = await load('trap', { seed: 2 });
      await seen(after, 200);
      expect(statuses(await after.stop())).toEqual(['200']);
    });

    it('costs its share, and no more, behind an HTTPRoute', async () => {
      const { canary } = await twoVersions('gap');
      await applyObjects(cluster, httpRoute(split('gap', 80, 20)));
      await until('the route leads somewhere', async () => (await status('gap.test')) === 200);
      await setEndpoints(cluster, canary, []);
      const running = await load('gap');
      const from = await until('someone gets no page', async () => {
        const bad = [...(await running.record()).rows()].find((row) => row.status !== 200);
        return bad?.at;
      });
      await seen(running, 1000, from);
      const rows = [...(await running.stop()).rows(from)];
      expect(new Set(rows.map((row) => row.status))).toEqual(new Set([200, 503]));
      const lost = rows.filter((row) => row.status === 503).length / rows.length;
      expect(Math.abs(lost - 0.2) / Math.sqrt((0.2 * 0.8) / rows.length)).toBeLessThan(3);
    });
  });

  it('is counted by Prometheus as the clients saw it', async () => {
    await twoVersions('counted');
    await applyObjects(cluster, ingressRoute(split('counted', 90, 10)));
    await until('the route leads somewhere', async () => (await status('counted.test')) === 200);
    const service = (version: string) => `service="${NAMESPACE}-counted-${version}-80@kubernetescrd"`;
    const counter = (version: string) => `traefik_service_requests_total{${service(version)},code="200"}`;
    const total = async (version: string) => (await prometheus.query(counter(version)))[0]?.value ?? 0;
    // What the probes above have left in the counters.
    const probes = await until('the probes are counted', async () => {
      const now = (await total('stable')) + (await total('canary'));
      return now > 0 && { stable: await total('stable'), canary: await total('canary') };
    });
    const started = Date.now();
    const running = await load('counted');
    await seen(running, 2000);
    const record = await running.stop();

    for (const version of ['stable', 'canary'] as const) {
      const rows = [...record.rows()].filter((row) => row.version === `counted-${version}`);
      // Once it is over, the counters are the truth to the last request.
      await until(`${rows.length} requests of ${version} are counted`, async () => {
        const counted = (await total(version)) - probes[version];
        if (counted > rows.length) throw new Error(`${counted} are counted, clients saw ${rows.length}`);
        return counted === rows.length;
      });
      // While it goes on, each scrape lies between what had ended and what had been sent, give or take one interval.
      const scrapes = await prometheus.scraped(counter(version), (Date.now() - started) / 1000);
      const during = scrapes.filter(({ at }) => at > started && at < (rows.at(-1)?.at ?? 0));
      expect(during.length).toBeGreaterThan(2);
      for (const { at, value } of during) {
        const ended = rows.filter((row) => row.at + row.latency <= at - 1000).length;
        const sent = rows.filter((row) => row.at <= at + 1000).length;
        expect(value - probes[version]).toBeGreaterThanOrEqual(ended);
        expect(value - probes[version]).toBeLessThanOrEqual(sent);
      }
    }
  });
});
