import { readFile } from 'node:fs/promises';
import { presentComponent, shopRuntime, startCluster, startPrometheus } from '@tillgate/testbed';
import type { DeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import type { Benchmark, Figures, Measured } from './benchmark.ts';
import { startEnvoyGateway } from './gateway-sessions/envoy-gateway.ts';
import { aborted, promoted, type Seen } from './gateway-sessions/releases.ts';
import { type Route, SESSIONS, torn } from './gateway-sessions/torn.ts';

/** Without these the benchmark says that it was not run. */
const NEEDED = ['envoy-gateway', 'envoy'] as const;
/** How far the share of newly assigned sessions may be from the planned one, in points. */
const POINTS = 5;

/**
 * Two releases by the real driver over an HTTPRoute with `sessionPersistence`, behind a real Envoy Gateway: one is promoted,
 * the other aborted at its last share, after a pod of stable was taken away. Judged by the load generator's record. Then
 * what a delivery refuses is looked at: routes over which the same gateway lets sessions change.
 */
export default {
  name: 'gateway-sessions',
  about:
    'sessions over an HTTPRoute with sessionPersistence behind Envoy Gateway: lost requests, changed versions, shares',
  async run(say) {
    for (const name of NEEDED) {
      if (await presentComponent(name)) continue;
      say(`not run: ${name}, because it is not here; \`npm run testbed -- get ${NEEDED.join(' ')}\` gets it`);
      process.exit(2); // nothing was measured: what was before is not written over
    }
    const bed = await startGatewayBed();
    try {
      const good = await promoted(bed);
      say(`promoted: ${JSON.stringify(good)}`);
      const bad = await aborted(bed);
      say(`aborted: ${JSON.stringify(bad)}`);
      const changed = await torn(bed);
      say(`changed, of ${SESSIONS} sessions: ${JSON.stringify(changed)}`);
      return judged({ promoted: good, aborted: bad }, changed);
    } finally {
      await bed.stop();
    }
  },
} satisfies Benchmark;

/** The bed of every delivery, with Envoy Gateway in the place of Traefik. */
async function startGatewayBed(): Promise<DeliveryBed> {
  const envoyRuntime = new URL('./gateway-sessions/envoy.runtime.ts', import.meta.url).href;
  const cluster = await startCluster({ runtimes: [shopRuntime, envoyRuntime] });
  try {
    const [gateway, prometheus] = await Promise.all([
      startEnvoyGateway(cluster),
      startPrometheus({ bed: cluster.bed, intervalSeconds: 1, scrape: [{ job: 'shops', pods: { of: cluster } }] }),
    ]);
    const ending = new AbortController();
    return {
      cluster,
      traefik: gateway,
      prometheus,
      kubeconfig: await readFile(cluster.kubeconfig, 'utf8'),
      ending: ending.signal,
      driving: new Set(),
      async stop() {
        ending.abort();
        await cluster.stop();
      },
    };
  } catch (cause) {
    await cluster.stop();
    throw cause;
  }
}

/** Everything that must be nought, and the shares. */
function judged(releases: Record<'promoted' | 'aborted', Seen>, torn: Record<Route, number>): Measured {
  const figures: Figures = {};
  const bounds: Record<string, string> = {};
  const kept: boolean[] = [];
  const bound = (name: string, value: number, text: string, holds: boolean) => {
    figures[name] = value;
    bounds[name] = text;
    kept.push(holds);
  };
  const table: (string | number)[][] = [
    [
      'release',
      'requests',
      'lost',
      'sessions',
      'changed version',
      'other version at the end',
      'testers astray',
      'moved with a lost pod',
    ],
  ];
  for (const [name, seen] of Object.entries(releases)) {
    const { requests, lost, sessions, changed, strayed, testersAstray, shares, movedWithPod } = seen;
    figures[`${name}_requests`] = requests;
    figures[`${name}_sessions`] = sessions;
    bound(`${name}_lost`, lost, '0', lost === 0);
    bound(`${name}_changed_version`, changed, '0', changed === 0);
    bound(`${name}_elsewhere_at_the_end`, strayed, '0', strayed === 0);
    bound(`${name}_testers_astray`, testersAstray, '0', testersAstray === 0);
    for (const { planned, given, of } of shares) {
      figures[`${name}_new_sessions_at_${planned}`] = of;
      const points = Math.round(1_000 * given) / 10;
      bound(
        `${name}_share_at_${planned}`,
        points,
        `${planned} give or take ${POINTS}`,
        Math.abs(points - planned) <= POINTS,
      );
    }
    if (movedWithPod) {
      figures[`${name}_lost_pods_sessions`] = movedWithPod.of;
      figures[`${name}_lost_pods_sessions_elsewhere`] = movedWithPod.moved;
    }
    table.push([name, requests, lost, sessions, changed, strayed, testersAstray, movedWithPod?.moved ?? '-']);
  }
  // The others are why a delivery refuses such routes; they have no bound.
  for (const [route, count] of Object.entries(torn)) figures[`changed_of_${SESSIONS}_${route}`] = count;
  for (const route of ['plain', 'filters_of_the_rule'] as const)
    bound(`changed_of_${SESSIONS}_${route}`, torn[route], '0', torn[route] === 0);
  return { figures, bounds, holds: kept.every(Boolean), table };
}
