import type { AnalysisPlan, Reading } from '@tillgate/analysis';
import { podTemplateDigest } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { type CanaryInput, compileCanary } from '../strategies/canary.ts';
import { type DeliveryBed, writerAs } from './bed.test-kit.ts';
import { MANAGER } from './names.ts';
import type { Deployment } from './objects.ts';
import { CONTAINER, type Scene } from './scene.test-kit.ts';

const timing = { window: 1_000, settle: 1_200, patience: 5_000, lookback: 60_000, span: 600_000 };

/** What is watched of a scene, as its pods count it. Times are those of a test: the plan's own logic does not know them. */
export function readingsOf({ namespace, from, to }: Scene): Reading[] {
  const arm = { label: 'version', candidate: to, stable: from };
  const of = `{namespace="${namespace}"}`;
  return [
    {
      metric: 'errors',
      query: `shop_requests_total${of}`,
      arm,
      counts: { kind: 'share', bad: { label: 'outcome', pattern: 'error|rpc_error' } },
    },
    {
      metric: 'latency',
      query: `shop_request_duration_seconds_bucket${of}`,
      arm,
      counts: { kind: 'buckets', slowerThan: [0.1] },
    },
    {
      metric: 'memory',
      query: `process_resident_memory_bytes${of}`,
      arm: { label: 'track', candidate: 'candidate', stable: 'stable' },
      counts: { kind: 'level', above: 150 * 2 ** 20 },
    },
  ];
}

export const ANALYSIS: AnalysisPlan = {
  metrics: [
    {
      name: 'errors',
      unit: 'requests',
      bad: 'failed',
      test: { by: 'comparison', tolerated: 1.5 },
      phi: 1,
      pass: { below: 0.1 },
    },
    {
      name: 'latency',
      unit: 'requests',
      bad: 'were slower than',
      cuts: ['0.1 s'],
      test: { by: 'comparison', tolerated: 1.5 },
      phi: 1,
    },
    {
      name: 'memory',
      unit: 'readings',
      bad: 'held more than 150 MiB',
      test: { by: 'limit', share: 0.05 },
      phi: 1,
    },
  ],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 2, tenants: 0, sessions: 0 },
};

export async function planFor(bed: DeliveryBed, scene: Scene, changes: Partial<CanaryInput> = {}): Promise<Plan> {
  const found = await writerAs(bed, MANAGER).read<Deployment>({
    kind: 'Deployment',
    namespace: scene.namespace,
    name: 'odoo',
  });
  return compileCanary({
    release: digestOf(`${scene.namespace} release`),
    workload: { namespace: scene.namespace, deployment: 'odoo', container: CONTAINER },
    from: scene.from,
    to: scene.to,
    images: scene.images,
    podTemplate: found ? podTemplateDigest(found.spec.template, CONTAINER) : null,
    router: scene.router,
    shared: {
      sessions: scene.router.by === 'traefik' ? { in: 'store', env: 'SESSION_STORE' } : { in: 'nowhere' },
      connections: { workers: 2, cronThreads: 1, perProcess: 4, room: 400 },
    },
    testersMs: 0,
    shares: [
      { share: 2_500, forMs: 2_000, maxMs: 60_000, analysis: true, sessions: null },
      { share: 5_000, forMs: 1_000, maxMs: 60_000, analysis: true, sessions: null },
    ],
    watching: {
      analysis: ANALYSIS,
      readings: readingsOf(scene),
      jobs: {
        query: `shop_job_looks_total{namespace="${scene.namespace}"}`,
        arm: { label: 'version', candidate: scene.to, stable: scene.from },
      },
      timing,
      warmUpMs: 500,
      mostRestarts: 0,
      readyWithinMs: 20_000,
    },
    watchMs: 2_000,
    settleMs: 60_000,
    abandonAfterMs: 60_000,
    deadlineMs: null,
    ...changes,
  });
}
