import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeBed } from '../bed/bed.ts';
import { clusterComponents } from '../cluster/programs.ts';
import { type Cluster, startCluster } from '../cluster/start.ts';
import { needBed } from '../require.ts';
import { behave, shopRuntime } from '../shop/index.ts';
import { failed, ingressRoute, type LoadRecord, startLoad, startTraefik, type Traefik } from '../traffic/index.ts';
import { applyObjects } from '../traffic/version.ts';
import { until } from '../until.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';

const tools = await needBed(...clusterComponents, 'shop', 'traefik', 'prometheus');

let cluster: Cluster;
let traefik: Traefik;
let prometheus: Prometheus;

const image = (version: string) => `example.test/shop:${version}`;

/** A version of the shop with so many pods, which ask to be scraped. */
const shop = (version: string, replicas: number): object[] => {
  const labels = { app: 'shop', version };
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8069' };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: `shop-${version}`, namespace: 'default' },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations },
          spec: { containers: [{ name: 'shop', image: image(version) }] },
        },
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

/** How many clients saw each kind of answer, in the words of the shop's own metrics. */
function answersOf(record: LoadRecord): Map<string, number> {
  return record.count((row) => {
    const outcome = row.status >= 500 ? 'error' : row.error === '' ? 'ok' : 'rpc_error';
    return `${row.version} ${row.tenant.split('.')[0]} ${row.status} ${outcome}`;
  });
}

(tools ? describe : describe.skip)('Prometheus', () => {
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
    await behave(cluster.bed, image('v2'), { errors: 0.1, rpcErrors: 0.3 });
    await applyObjects(cluster, [...shop('v1', 2), ...shop('v2', 1)]);
    await cluster.kubectl(['wait', '--for=condition=Available', '--timeout=110s', 'deployment', '--all']);
  });
  afterAll(() => cluster?.stop());

  it('finds the ready pods that ask to be scraped, and no others', async () => {
    await applyObjects(cluster, [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'silent', namespace: 'default' },
        spec: { containers: [{ name: 'shop', image: image('v1') }] },
      },
    ]);
    await cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=110s', 'pod/silent']);
    const pods = (
      await cluster.kubectl(['get', 'pods', '-l', 'app=shop', '-o', 'jsonpath={.items[*].metadata.name}'])
    ).split(' ');
    expect(pods).toHaveLength(3);
    const up = await until('all shops are scraped', async () => {
      const samples = await prometheus.query('up{job="shops"} == 1');
      return samples.length >= 3 && samples;
    });
    expect(up.map(({ labels }) => labels.pod).sort()).toEqual(pods.sort());
    expect(new Set(up.map(({ labels }) => labels.version))).toEqual(new Set(['v1', 'v2']));
  });

  it('has of every version, tenant and outcome as many answers as clients saw', async () => {
    const hosts = ['berlin.shop.test', 'paris.shop.test'];
    const members = [
      { service: 'shop-v1', port: 80, weight: 60 },
      { service: 'shop-v2', port: 80, weight: 40 },
    ];
    await applyObjects(cluster, ingressRoute({ namespace: 'default', name: 'shop', hosts, members }));
    await until('Traefik knows both versions', async () => {
      const services = await traefik.services();
      return services.get('default-shop@kubernetescrd')?.weighted?.services?.length === 2;
    });
    const load = await startLoad({
      bed: cluster.bed,
      target: traefik.inside,
      file: join(cluster.bed.folder, 'shops.load'),
      seed: 3,
      arrivals: {
        pattern: 'flash-sale',
        basePerSecond: 50,
        peakPerSecond: 400,
        startsAtSeconds: 1,
        rampSeconds: 1,
        holdSeconds: 1,
        halfLifeSeconds: 1,
      },
      durationSeconds: 5,
      tenants: [{ host: hosts[0] as string, weight: 3 }, { host: hosts[1] as string }],
      requests: [
        { name: 'page', method: 'GET', path: '/shop' },
        {
          name: 'order',
          method: 'POST',
          path: '/web/dataset/call_kw',
          body: { jsonrpc: '2.0', id: 1, method: 'call' },
        },
      ],
    });
    const record = await load.ended;
    const seen = answersOf(record);
    // Both versions, both tenants, and of v2 all three outcomes.
    expect(seen.size).toBe(8);
    expect([...record.rows()].filter((row) => failed(row)).every(({ version }) => version === 'v2')).toBe(true);
    const counted = await until('as many are counted as were seen', async () => {
      const samples = await prometheus.query('sum by (version, tenant, code, outcome) (shop_requests_total)');
      const sum = samples.reduce((total, { value }) => total + value, 0);
      if (sum < record.length) return undefined;
      return new Map(
        samples.map(({ labels: { version, tenant, code, outcome }, value }) => [
          `${version} ${tenant} ${code} ${outcome}`,
          value,
        ]),
      );
    });
    expect(counted).toEqual(seen);
  });

  it('takes other targets while it runs', async () => {
    await prometheus.rescrape([{ job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path }]);
    await until('Traefik is scraped', async () => (await prometheus.query('up{job="traefik"} == 1')).length === 1);
    await expect(prometheus.rescrape([{ job: '', targets: [] }])).rejects.toThrow('job_name is empty');
  });

  it('says what is wrong with an expression', async () => {
    await expect(prometheus.query('sum(')).rejects.toThrow(/refuses sum\(: .*parse error/);
  });

  it('says why it does not start', async () => {
    const bed = await makeBed();
    const start = startPrometheus({ bed, intervalSeconds: 1, scrape: [{ job: '', targets: [] }] });
    await expect(start).rejects.toThrow(/prometheus ended \(2\) instead of answering. Its log ends with: .*job_name/s);
    await bed.end();
  });

  it('gives samples as they were scraped, one a second', async () => {
    const samples = await until('three scrapes', async () => {
      const all = await prometheus.scraped('up{job="traefik"}', 10);
      return all.length >= 3 && all;
    });
    const gaps = samples.slice(1).map(({ at }, index) => at - (samples[index]?.at ?? 0));
    // A scrape may come late or be left out on a busy machine, but none comes in between.
    for (const gap of gaps) expect(Math.round(gap / 1000)).toBeGreaterThanOrEqual(1);
  });

  it('still knows after a restart what it scraped before', async () => {
    // The shops are no targets any more, so only a look back finds them.
    const answered = 'sum(last_over_time(shop_requests_total[10m]))';
    const at = Date.now();
    const before = (await prometheus.query(answered, at))[0]?.value;
    expect(before).toBeGreaterThan(0);
    await prometheus.stop();
    await expect(prometheus.query('up')).rejects.toThrow('fetch failed');
    const scrape = [{ job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path }];
    const again = await startPrometheus({ bed: cluster.bed, intervalSeconds: 1, scrape });
    expect((await again.query(answered, at))[0]?.value).toBe(before);
    await until('it scrapes', async () => (await again.query('up{job="traefik"} == 1')).length === 1);
  });
});
