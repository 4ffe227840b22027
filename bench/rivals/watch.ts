import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../packages/testbed/src/cluster/start.ts';
import { startPrometheus } from '../../packages/testbed/src/prometheus/index.ts';
import { behave, shopRuntime } from '../../packages/testbed/src/shop/index.ts';
import { startLoad } from '../../packages/testbed/src/traffic/load.ts';
import { startTraefik } from '../../packages/testbed/src/traffic/traefik.ts';
import { applyObjects } from '../../packages/testbed/src/traffic/version.ts';
import { until } from '../../packages/testbed/src/until.ts';
import { argoObjects, observeArgo, readyArgo, releaseByArgo, startArgoRollouts } from './argo-rollouts.ts';
import { flaggerObjects, observeFlagger, readyFlagger, releaseByFlagger, startFlagger } from './flagger.ts';
import type { Observed } from './observed.ts';
import { type Recording, scrapesOf, shifted } from './recording.ts';
import { type App, appsOf, hostOf, imageOf, type Rival, servicesOf } from './settings.ts';

/** Prometheus scrapes this often. */
const SCRAPE_SECONDS = 5;

/**
 * Lets the real controllers deliver every trace at once, each app in a namespace of its own behind one real Traefik, and
 * records what they did and what Prometheus had.
 *
 * @param minutes how long is watched after the release
 */
export async function watchRivals(
  rivals: readonly Rival[],
  minutes: number,
  say: (progress: string) => void,
): Promise<Recording[]> {
  const apps = appsOf(rivals);
  const cluster = await startCluster({ runtimes: [shopRuntime] });
  try {
    return await deliver(cluster, apps, minutes, say);
  } finally {
    await cluster.stop();
  }
}

async function deliver(cluster: Cluster, apps: readonly App[], minutes: number, say: (progress: string) => void) {
  const traefik = await startTraefik({ cluster, throttle: '500ms' });
  const prometheus = await startPrometheus({
    bed: cluster.bed,
    intervalSeconds: SCRAPE_SECONDS,
    scrape: [{ job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path }],
  });
  say('the controllers start');
  await Promise.all([startFlagger(cluster, prometheus.inside), startArgoRollouts(cluster)]);

  say(`${apps.length} apps are set up`);
  const by = (controller: Rival['controller']) => apps.filter(({ rival }) => rival.controller === controller);
  for (const app of apps) {
    await behave(cluster.bed, imageOf(app, 1), { errors: app.trace.stable });
    await behave(cluster.bed, imageOf(app, 2), { errors: app.trace.candidate });
  }
  await applyObjects(
    cluster,
    apps.map(({ namespace }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })),
  );
  await applyObjects(
    cluster,
    apps.flatMap((app) =>
      app.rival.controller === 'flagger' ? flaggerObjects(app, 10) : argoObjects(app, prometheus.inside),
    ),
  );
  await Promise.all([readyFlagger(cluster, by('flagger')), readyArgo(cluster, by('argo'))]);

  const asked = apps.filter(({ trace }) => trace.perSecond > 0);
  const load = await startLoad({
    bed: cluster.bed,
    target: traefik.inside,
    file: join(cluster.bed.folder, 'rivals.load'),
    seed: 8,
    arrivals: { pattern: 'constant', perSecond: asked.reduce((sum, { trace }) => sum + trace.perSecond, 0) },
    tenants: asked.map((app) => ({ host: hostOf(app), weight: app.trace.perSecond })),
    requests: [{ name: 'page', method: 'GET', path: '/shop' }],
  });
  await until('Prometheus has counts of every app', async () => {
    const seen = await prometheus.query('sum by (service) (traefik_service_requests_total) > 0');
    return asked.every((app) => seen.some(({ labels }) => labels.service === servicesOf(app).stable));
  });

  say('the candidates are released');
  const released = Date.now() / 1000;
  for (const app of apps) await (app.rival.controller === 'flagger' ? releaseByFlagger : releaseByArgo)(cluster, app);
  const observe = (app: App): Promise<Observed> =>
    (app.rival.controller === 'flagger' ? observeFlagger : observeArgo)(cluster, app);
  for (let minute = 1; minute <= minutes; minute++) {
    await sleep(60_000);
    const now = await Promise.all(apps.map(observe));
    const ended = now.filter(({ abortedAt, promotedAt }) => abortedAt !== undefined || promotedAt !== undefined).length;
    say(`minute ${minute} of ${minutes}: ${ended} of ${apps.length} deliveries have ended`);
  }
  const recordings: Recording[] = [];
  const end = Date.now() / 1000;
  for (const app of apps) {
    const scrapes = await scrapesOf(prometheus, app, released, end);
    const observed = shifted(await observe(app), released);
    recordings.push({ rival: app.rival, trace: app.trace.name, until: end - released, ...scrapes, observed });
  }
  await load.stop();
  return recordings;
}
