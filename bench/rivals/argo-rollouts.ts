import type { Cluster } from '../../packages/testbed/src/cluster/start.ts';
import { goModuleFile } from '../../packages/testbed/src/components/build-go.ts';
import { component } from '../../packages/testbed/src/components/component.ts';
import type { GoRecipe } from '../../packages/testbed/src/components/recipe.ts';
import { comparisonRecipes } from '../../packages/testbed/src/components/recipes/comparison.ts';
import { until } from '../../packages/testbed/src/until.ts';
import type { Observed } from './observed.ts';
import { type App, hostOf, imageOf, type Rival, servicesOf } from './settings.ts';

type Argo = Extract<Rival, { controller: 'argo' }>;

const KINDS = ['rollout', 'analysis-run', 'analysis-template', 'cluster-analysis-template', 'experiment'];

/** Starts the real controller in the cluster's bed. */
export async function startArgoRollouts(cluster: Cluster): Promise<void> {
  const module = comparisonRecipes.find(({ name }) => name === 'argo-rollouts') as GoRecipe;
  const { path } = await component('argo-rollouts');
  const definitions = await Promise.all(KINDS.map((kind) => goModuleFile(module, `manifests/crds/${kind}-crd.yaml`)));
  await cluster.kubectl(['apply', '--server-side', '-f', '-'], definitions.join('\n---\n'));
  await until('Argo Rollouts’ resources are known', () =>
    cluster.kubectl(['get', 'rollouts,analysisruns,experiments', '-A']).then(() => true),
  );
  await cluster.kubectl(['create', 'namespace', 'argo-rollouts']);
  await cluster.bed.start({
    name: 'argo-rollouts',
    file: path,
    env: { POD_NAMESPACE: 'argo-rollouts' },
    args: [
      `--kubeconfig=${await cluster.kubeconfigOf('admin', 'inside')}`,
      '--leader-elect=false',
      '--metricsPort=8191',
      '--healthzPort=8192',
    ],
  });
}

/** An app that Argo Rollouts delivers: a weight, then a pause without end, with its analysis in the background. */
export function argoObjects(app: App, prometheus: string): object[] {
  const { namespace } = app;
  const { settings, weight } = app.rival as Argo;
  const service = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80, targetPort: 8069 }] },
  });
  const rate = (codes: string) =>
    `sum(rate(traefik_service_request_duration_seconds_count{service="${servicesOf(app).candidate}"${codes}}[${settings.interval}s]))`;
  return [
    service('shop-stable'),
    service('shop-canary'),
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'TraefikService',
      metadata: { name: 'shop', namespace },
      spec: {
        weighted: {
          services: [
            { name: 'shop-stable', port: 80 },
            { name: 'shop-canary', port: 80 },
          ],
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
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'success-rate', namespace },
      spec: {
        metrics: [
          {
            name: 'success-rate',
            interval: `${settings.interval}s`,
            successCondition: `result[0] >= ${settings.least}`,
            failureLimit: settings.failureLimit,
            provider: {
              prometheus: { address: prometheus, query: `${rate(',code!~"5.*"')} / ${rate('')}` },
            },
          },
        ],
      },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'shop', namespace },
      spec: rolloutSpec(app, 1, weight),
    },
  ];
}

function rolloutSpec(app: App, version: 1 | 2, weight: number): object {
  return {
    replicas: 1,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: { containers: [{ name: 'shop', image: imageOf(app, version), ports: [{ containerPort: 8069 }] }] },
    },
    strategy: {
      canary: {
        canaryService: 'shop-canary',
        stableService: 'shop-stable',
        trafficRouting: { traefik: { weightedTraefikServiceName: 'shop' } },
        analysis: {
          templates: [{ templateName: 'success-rate' }],
          startingStep: 1,
          measurementRetention: [{ metricName: 'success-rate', limit: 1000 }],
        },
        steps: [{ setWeight: weight }, { pause: {} }],
      },
    },
  };
}

/** Waits until all apps run their first version. */
export async function readyArgo(cluster: Cluster, apps: readonly App[]): Promise<void> {
  await until(
    'Argo Rollouts has rolled out all apps',
    async () => {
      const phases = await cluster.kubectl(['get', 'rollouts', '-A', '-o', 'jsonpath={.items[*].status.phase}']);
      return phases.split(' ').filter((phase) => phase === 'Healthy').length === apps.length;
    },
    120_000,
  );
}

/** Releases the candidate. */
export async function releaseByArgo(cluster: Cluster, app: App): Promise<void> {
  const { weight } = app.rival as Argo;
  const patch = JSON.stringify({ spec: rolloutSpec(app, 2, weight) });
  await cluster.kubectl(['patch', 'rollout', 'shop', '-n', app.namespace, '--type=merge', '-p', patch]);
}

interface AnalysisRun {
  status?: {
    phase?: string;
    completedAt?: string;
    metricResults?: { measurements?: { phase: string; startedAt: string; finishedAt?: string; value?: string }[] }[];
  };
}

/** What Argo Rollouts did with an app, by its analysis run and its rollout. */
export async function observeArgo(cluster: Cluster, app: App): Promise<Observed> {
  const get = async (kind: string) =>
    JSON.parse(await cluster.kubectl(['get', kind, '-n', app.namespace, '-o', 'json'])) as { items: unknown[] };
  const [runs, rollouts] = await Promise.all([get('analysisruns'), get('rollouts')]);
  const run = runs.items[0] as AnalysisRun | undefined;
  const { status } = rollouts.items[0] as { status: { abortedAt?: string; abort?: boolean } };
  return readAnalysisRun(run, status.abort ? status.abortedAt : undefined, (app.rival as Argo).weight);
}

const OUTCOMES: Readonly<Record<string, 'good' | 'bad' | 'none'>> = {
  Successful: 'good',
  Failed: 'bad',
  Error: 'none',
};

/** Reads the measurements of an analysis run and the end of its rollout. @throws Error a measurement of an unknown phase */
export function readAnalysisRun(run: AnalysisRun | undefined, abortedAt: string | undefined, weight: number): Observed {
  const checks = (run?.status?.metricResults?.[0]?.measurements ?? []).map(({ phase, startedAt, value }) => {
    const outcome = OUTCOMES[phase];
    if (outcome === undefined)
      throw new Error(`A measurement of Argo Rollouts ended as ${phase}, which is not expected.`);
    const share = /^\[([\d.e-]+)\]$/.exec(value ?? '')?.[1];
    return { at: Date.parse(startedAt) / 1000, outcome, ...(share !== undefined && { share: Number(share) }) };
  });
  const begun = checks[0]?.at;
  const aborted = abortedAt === undefined ? undefined : Date.parse(abortedAt) / 1000;
  return {
    ...(begun !== undefined && { begun }),
    checks,
    weights: [
      ...(begun === undefined ? [] : [{ at: begun, weight }]),
      ...(aborted === undefined ? [] : [{ at: aborted, weight: 0 }]),
    ],
    ...(aborted !== undefined && { abortedAt: aborted }),
  };
}
