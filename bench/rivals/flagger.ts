import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../packages/testbed/src/cluster/start.ts';
import { goModuleFile } from '../../packages/testbed/src/components/build-go.ts';
import { component } from '../../packages/testbed/src/components/component.ts';
import type { GoRecipe } from '../../packages/testbed/src/components/recipe.ts';
import { comparisonRecipes } from '../../packages/testbed/src/components/recipes/comparison.ts';
import { applyObjects } from '../../packages/testbed/src/traffic/version.ts';
import { until } from '../../packages/testbed/src/until.ts';
import type { Observed } from './observed.ts';
import { type App, FLAGGER_WINDOW, hostOf, imageOf, type Rival } from './settings.ts';

type Flagger = Extract<Rival, { controller: 'flagger' }>;

/** Starts the real controller in the cluster's bed. */
export async function startFlagger(cluster: Cluster, prometheus: string): Promise<void> {
  const module = comparisonRecipes.find(({ name }) => name === 'flagger') as GoRecipe;
  const [{ path }, definitions] = await Promise.all([
    component('flagger'),
    goModuleFile(module, 'artifacts/flagger/crd.yaml'),
  ]);
  await cluster.kubectl(['apply', '--server-side', '-f', '-'], definitions);
  await until('Flagger’s resources are known', () => cluster.kubectl(['get', 'canaries', '-A']).then(() => true));
  await cluster.bed.start({
    name: 'flagger',
    file: path,
    args: [
      `-kubeconfig=${await cluster.kubeconfigOf('admin', 'inside')}`,
      `-metrics-server=${prometheus}`,
      '-mesh-provider=traefik',
      '-port=9091',
      '-log-level=info',
    ],
  });
}

/** An app that Flagger delivers, as its tutorial for Traefik sets it up; to begin with it is looked after every 10 s. */
export function flaggerObjects(app: App, interval: number): object[] {
  const { namespace } = app;
  const { settings, stepWeight, maxWeight } = app.rival as Flagger;
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'shop' } },
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: { containers: [{ name: 'shop', image: imageOf(app, 1), ports: [{ containerPort: 8069 }] }] },
        },
      },
    },
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'IngressRoute',
      metadata: { name: 'shop', namespace },
      spec: {
        entryPoints: ['web'],
        routes: [
          { kind: 'Rule', match: `Host(\`${hostOf(app)}\`)`, services: [{ name: 'shop', kind: 'TraefikService' }] },
        ],
      },
    },
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'shop', namespace },
      spec: {
        provider: 'traefik',
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' },
        service: { port: 80, targetPort: 8069 },
        analysis: {
          interval: `${interval}s`,
          threshold: settings.threshold,
          maxWeight,
          stepWeight,
          metrics: [
            {
              name: 'request-success-rate',
              interval: `${FLAGGER_WINDOW}s`,
              thresholdRange: { min: settings.least * 100 },
            },
          ],
        },
      },
    },
  ];
}

/** Waits until Flagger has taken the apps over, then lets it look at them as often as its rule says. */
export async function readyFlagger(cluster: Cluster, apps: readonly App[]): Promise<void> {
  await until(
    'Flagger has taken over all apps',
    async () => {
      const phases = await cluster.kubectl(['get', 'canaries', '-A', '-o', 'jsonpath={.items[*].status.phase}']);
      return phases.split(' ').filter((phase) => phase === 'Initialized').length === apps.length;
    },
    180_000,
  );
  await applyObjects(
    cluster,
    apps.flatMap((app) => flaggerObjects(app, (app.rival as Flagger).settings.interval).slice(-1)),
  );
  // Its own loop looks for changed intervals every 10 s.
  await sleep(12_000);
}

/** Releases the candidate. */
export async function releaseByFlagger(cluster: Cluster, app: App): Promise<void> {
  await cluster.kubectl(['set', 'image', '-n', app.namespace, 'deployment/shop', `shop=${imageOf(app, 2)}`]);
}

/** What Flagger did with an app, by its own log. */
export async function observeFlagger(cluster: Cluster, app: App): Promise<Observed> {
  const log = await readFile(join(cluster.bed.folder, 'logs', 'flagger.log'), 'utf8');
  const lines = log.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { ts, msg, canary } = JSON.parse(line) as { ts: string; msg: string; canary?: string };
    return canary === `shop.${app.namespace}` ? [{ at: Date.parse(ts) / 1000, msg }] : [];
  });
  return readFlaggerLog(lines);
}

/** Reads checks, weights and the end out of lines of Flagger's log about one canary. */
export function readFlaggerLog(lines: readonly { at: number; msg: string }[]): Observed {
  const observed: Observed = { checks: [], weights: [] };
  for (const { at, msg } of lines) {
    const weight = /^Advance .* canary weight (\d+)$/.exec(msg)?.[1];
    if (weight !== undefined) {
      if (observed.begun === undefined) observed.begun = at;
      else observed.checks.push({ at, outcome: 'good' });
      observed.weights.push({ at, weight: Number(weight) });
      continue;
    }
    const share = /^Halt .* advancement success rate ([\d.]+)% </.exec(msg)?.[1];
    if (share !== undefined)
      observed.checks.push({ at, outcome: 'bad', share: Number((Number(share) / 100).toFixed(4)) });
    else if (/^Halt advancement no values found/.test(msg)) observed.checks.push({ at, outcome: 'none' });
    else if (/^Copying .* template spec/.test(msg)) {
      observed.checks.push({ at, outcome: 'good' });
      observed.promotedAt = at;
    } else if (/^Rolling back .* failed checks threshold reached/.test(msg)) {
      observed.abortedAt = at;
      observed.weights.push({ at, weight: 0 });
    }
  }
  return observed;
}
