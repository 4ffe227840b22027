import type { Sha256 } from '@tillgate/release';
import type { Plan } from './plan.ts';
import { type CanaryInput, compileCanary } from './strategies/canary.ts';
import { compileRollback, type RollbackInput } from './strategies/rollback.ts';

const MINUTE = 60_000;

/** A digest that is easy to tell from others: one hex digit 64 times. */
export const digestOfAll = (digit: string): Sha256 => `sha256:${digit.repeat(64)}`;

export const [OLD, NEW] = [digestOfAll('0'), digestOfAll('1')];

/** A canary in two shares. For tests. */
export function exampleInput(changes: Partial<CanaryInput> = {}): CanaryInput {
  return {
    release: digestOfAll('2'),
    workload: { namespace: 'shop', deployment: 'odoo', container: 'odoo' },
    from: OLD,
    to: NEW,
    images: { [OLD]: `registry.example/odoo@${OLD}`, [NEW]: `registry.example/odoo@${NEW}` },
    podTemplate: digestOfAll('3'),
    router: { by: 'traefik', traefikService: 'odoo-shares', ingressRoute: 'odoo', testers: null },
    shared: {
      sessions: { in: 'volume', claim: 'odoo' },
      connections: { workers: 4, cronThreads: 1, perProcess: 8, room: 1_000 },
    },
    testersMs: 0,
    shares: [
      { share: 1_000, forMs: MINUTE, maxMs: 20 * MINUTE, analysis: true, sessions: null },
      { share: 5_000, forMs: MINUTE, maxMs: 20 * MINUTE, analysis: true, sessions: null },
    ],
    watching: {
      analysis: {
        metrics: [
          {
            name: 'errors',
            unit: 'requests',
            bad: 'failed',
            test: { by: 'comparison', tolerated: 1.2 },
            phi: 1,
            pass: { below: 0.02 },
          },
        ],
        alpha: 0.01,
        beta: 0.05,
        minimum: { seconds: 60, tenants: 1, sessions: 0 },
      },
      readings: [
        {
          metric: 'errors',
          query: 'requests_total',
          arm: { label: 'service', candidate: 'odoo-candidate', stable: 'odoo' },
          counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
        },
      ],
      jobs: null,
      timing: { window: 15_000, settle: 5_000, patience: MINUTE, lookback: 5 * MINUTE, span: 30 * MINUTE },
      warmUpMs: 15_000,
      mostRestarts: 0,
      readyWithinMs: 5 * MINUTE,
    },
    watchMs: 5 * MINUTE,
    settleMs: 10 * MINUTE,
    abandonAfterMs: 10 * MINUTE,
    deadlineMs: null,
    ...changes,
  };
}

export const examplePlan = (changes: Partial<CanaryInput> = {}): Plan => compileCanary(exampleInput(changes));

export function exampleRollback(changes: Partial<RollbackInput> = {}): Plan {
  const { release, workload, images, router, settleMs, abandonAfterMs } = exampleInput();
  return compileRollback({
    release,
    workload,
    images,
    router,
    settleMs,
    abandonAfterMs,
    from: NEW,
    to: OLD,
    steadyMs: 10_000,
    ...changes,
  });
}

/** A canary that is over in two or three minutes, where every moment of it is to be looked at. */
export function shortPlan(): Plan {
  const { watching } = exampleInput();
  return examplePlan({
    shares: [{ share: 5_000, forMs: 15_000, maxMs: 10 * MINUTE, analysis: true, sessions: null }],
    watching: {
      ...watching,
      analysis: { ...watching.analysis, minimum: { seconds: 0, tenants: 1, sessions: 0 } },
      warmUpMs: 0,
    },
    watchMs: 15_000,
  });
}
