import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '@tillgate/host';
import {
  applyObjects,
  behave,
  type Cluster,
  clusterComponents,
  ingressRoute,
  type LoadRecord,
  needBed,
  type Prometheus,
  shopRuntime,
  startCluster,
  startLoad,
  startPrometheus,
  startTraefik,
  type Traefik,
  until,
} from '@tillgate/testbed';
import { decide } from '../decide.ts';
import type { Reading } from '../fold/reading.ts';
import { TIMING } from '../fold/windows.ts';
import type { AnalysisPlan } from '../plan.ts';
import { beginAnalysis } from '../state.ts';
import { fold } from '../step.ts';
import { type PrometheusClient, prometheusClient } from './client.ts';
import { readWindows } from './read-windows.ts';

const tools = await needBed(...clusterComponents, 'shop', 'traefik', 'prometheus');

const timing = { ...TIMING, window: 2000, settle: 1500, patience: 10_000 };
const arm = { label: 'version', candidate: 'v2', stable: 'v1' };
const readings: Reading[] = [
  {
    metric: 'errors',
    query: 'shop_requests_total',
    arm,
    tenant: 'tenant',
    counts: { kind: 'share', bad: { label: 'outcome', pattern: 'error|rpc_error' } },
  },
  {
    metric: 'latency',
    query: 'shop_request_duration_seconds_bucket',
    arm,
    tenant: 'tenant',
    counts: { kind: 'buckets', slowerThan: [0.1] },
  },
];
const plan: AnalysisPlan = {
  metrics: [
    {
      name: 'errors',
      unit: 'requests',
      bad: 'failed',
      test: { by: 'comparison', tolerated: 1.2 },
      phi: 1,
      pass: { below: 0.05 },
    },
    {
      name: 'latency',
      unit: 'requests',
      bad: 'were slower than',
      cuts: ['0.1 s'],
      test: { by: 'comparison', tolerated: 1.2 },
      phi: 1,
    },
  ],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 2, tenants: 1, sessions: 0 },
};
const image = (version: string) => `example.test/shop:${version}`;
const shop = (version: string): object[] => {
  const labels = { app: 'shop', version };
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8069' };
  const containers = [{ name: 'shop', image: image(version) }];
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `shop-${version}`, namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: { containers } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `shop-${version}`, namespace: 'default' },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8069 }] },
    },
  ];
};

let cluster: Cluster;
let traefik: Traefik;
let prometheus: Prometheus;
let client: PrometheusClient;

(tools ? describe : describe.skip)('windows read from a real Prometheus', () => {
  beforeAll(async () => {
    cluster = await startCluster({ runtimes: [shopRuntime] });
    [traefik, prometheus] = await Promise.all([
      startTraefik({ cluster, throttle: '100ms' }),
      startPrometheus({
        bed: cluster.bed,
        intervalSeconds: 1,
        scrape: [{ job: 'shops', pods: { of: cluster, namespaces: ['default'] } }],
      }),
    ]);
    client = prometheusClient({ address: prometheus.outside });
    await applyObjects(cluster, [...shop('v1'), ...shop('v2')]);
    await cluster.kubectl(['wait', '--for=condition=Available', '--timeout=90s', 'deployment', '--all']);
    const members = [
      { service: 'shop-v1', port: 80, weight: 50 },
      { service: 'shop-v2', port: 80, weight: 50 },
    ];
    await applyObjects(
      cluster,
      ingressRoute({ namespace: 'default', name: 'shop', hosts: ['berlin.shop.test'], members }),
    );
    await until('Traefik knows both versions', async () => {
      const services = await traefik.services();
      return services.get('default-shop@kubernetescrd')?.weighted?.services?.length === 2;
    });
    await until('all pods are scraped', async () => (await prometheus.query('up{job="shops"} == 1')).length === 4);
  });
  afterAll(() => cluster?.stop());

  /** So many seconds of load. */
  async function loadOf(seed: number, seconds: number): Promise<LoadRecord> {
    const load = await startLoad({
      bed: cluster.bed,
      target: traefik.inside,
      file: join(cluster.bed.folder, `${seed}.load`),
      seed,
      arrivals: { pattern: 'constant', perSecond: 60 },
      durationSeconds: seconds,
      tenants: [{ host: 'berlin.shop.test' }],
      requests: [{ name: 'page', method: 'GET', path: '/shop' }],
    });
    return load.ended;
  }

  /** So many seconds of load, folded as they come, until all that clients saw is counted. */
  async function watch(seed: number, seconds: number) {
    const started = Date.now();
    let state = beginAnalysis(plan, Math.floor(started / timing.window) * timing.window - timing.window);
    const record = await loadOf(seed, seconds);
    const last = Date.now();
    const faults = new Set<string>();
    await until('the last window is folded', async () => {
      const read = await readWindows(client, readings, state.cursor, systemClock, timing);
      for (const { message } of read.faults) faults.add(message);
      state = JSON.parse(JSON.stringify(fold(plan, state, read.windows)));
      return state.cursor > last + 2000;
    });
    return { state, record, faults: [...faults] };
  }

  it('count as many as clients saw, of each version, from the first request of a tenant on', async () => {
    const { state, record, faults } = await watch(1, 10);
    expect(faults).toEqual([]);
    const seen = record.count(({ version }) => version);
    expect(state.metrics.errors?.candidate.total).toBe(seen.get('v2'));
    expect(state.metrics.errors?.stable.total).toBe(seen.get('v1'));
    expect(state.metrics.latency?.candidate.total).toBe(seen.get('v2'));
    expect(decide(plan, state)).toMatchObject({ outcome: 'pass' });
  });

  it('fail a version that answers with errors, and name the tenant', async () => {
    await behave(cluster.bed, image('v2'), { errors: 0.2 });
    const { state, record } = await watch(2, 10);
    const wrong = [...record.rows()].filter(({ version, status }) => version === 'v2' && status >= 500).length;
    expect(state.metrics.errors?.candidate.bad).toEqual([wrong]);
    const decision = decide(plan, state);
    expect(decision.outcome).toBe('fail');
    expect(decision.reasons[0]).toMatch(/^errors: .* 1 of 1 tenant\(s\) affected: berlin; .*Failed at/);
  });

  it('say what came back instead of evidence', async () => {
    const now = await client.now();
    const fault = async (change: Partial<Reading>) => {
      const { faults } = await readWindows(
        client,
        [{ ...(readings[0] as Reading), ...change }],
        now - 60_000,
        systemClock,
        timing,
      );
      return faults[0]?.message;
    };
    expect(await fault({ query: 'shop_requests_totl' })).toContain('The answer is empty');
    expect(await fault({ query: 'sum(' })).toContain('refuses it: ');
    expect(await fault({ query: 'vector(0)' })).toContain('refuses it: ');
    expect(await fault({ query: 'vector(0)', counts: { kind: 'level', above: 1 } })).toContain(
      'like a constant such as vector(0)',
    );
    expect(await fault({ arm: { ...arm, label: 'release' } })).toContain('no label "release" (was it renamed?)');
    expect(await fault({ tenant: 'shop' })).toContain('no label "shop"');
  });

  it('count what Traefik saw through its restart, and through one of Prometheus', async () => {
    const shops = { job: 'shops', pods: { of: cluster, namespaces: ['default'] } };
    await prometheus.rescrape([
      shops,
      { job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path },
    ]);
    const service = (version: string) => `default-shop-${version}-80@kubernetescrd`;
    const proxy: Reading = {
      metric: 'errors',
      query: 'traefik_service_requests_total',
      arm: { label: 'service', candidate: service('v2'), stable: service('v1') },
      counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
    };
    const scraped = async (version: string) =>
      (
        await prometheus.query(`sum(last_over_time(traefik_service_requests_total{service="${service(version)}"}[1m]))`)
      )[0]?.value ?? 0;
    const up = () =>
      until('Traefik is scraped', async () => (await prometheus.query('up{job="traefik"} == 1')).length === 1);
    await up();
    const before = [await scraped('v1'), await scraped('v2')];
    const began = Math.floor(Date.now() / timing.window) * timing.window;
    const first = await loadOf(3, 4);
    // What it counted since its last scrape dies with a proxy, so that scrape is waited for.
    await until('all is scraped', async () => {
      const grown = (await scraped('v1')) + (await scraped('v2')) - (before[0] as number) - (before[1] as number);
      return grown === first.length;
    });
    const held = [await scraped('v1'), await scraped('v2')] as const;
    await cluster.bed.restart('traefik');
    await until('Traefik knows both versions', async () => {
      const services = await traefik.services().catch(() => new Map());
      return services.get('default-shop@kubernetescrd')?.weighted?.services?.length === 2;
    });
    await up();
    const second = loadOf(4, 12);
    // Counters that grew past their old value before anybody looked would not show that they began anew.
    await until('it is seen that both begin anew', async () => {
      const now = [await scraped('v1'), await scraped('v2')] as const;
      return now[0] < held[0] && now[1] < held[1];
    });
    await cluster.bed.stop('prometheus', 'SIGKILL');
    const away = Date.now();
    await until('6 s are over', async () => Date.now() - away > 6_000);
    await cluster.bed.restart('prometheus');
    const records = [first, await second];
    const seen = (version: string) =>
      records.reduce((sum, record) => sum + (record.count((row) => row.version).get(version) ?? 0), 0);
    const last = Date.now();
    const foldAll = async (how: typeof timing) => {
      let state = beginAnalysis(plan, began);
      await until('the last window is folded', async () => {
        const { windows } = await readWindows(client, [proxy], state.cursor, systemClock, how);
        state = fold(plan, state, windows);
        return state.cursor > last + 4000;
      });
      return [state.metrics.errors?.stable.total, state.metrics.errors?.candidate.total] as [number, number];
    };
    expect(await foldAll(timing)).toEqual([seen('v1'), seen('v2')]);
    // Who looks back less far than Prometheus was away does not know what happened meanwhile, and makes nothing up.
    const short = await foldAll({ ...timing, patience: 3000, lookback: 4000 });
    expect(short[0] + short[1]).toBeLessThan(seen('v1') + seen('v2'));
    expect(short[0] + short[1]).toBeGreaterThan(first.length);
  });
});
