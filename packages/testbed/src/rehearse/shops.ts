import { get } from 'node:http';
import { join } from 'node:path';
import type { Cluster } from '../cluster/start.ts';
import { type Prometheus, startPrometheus } from '../prometheus/index.ts';
import { type Load, startLoad, startTraefik, type Traefik } from '../traffic/index.ts';
import { until } from '../until.ts';

/** The shops as they are open: a router before them, somebody who counts, and people who come all the time. */
export interface OpenShops {
  /** Address of Prometheus, from this machine. */
  prometheusUrl: string;
  load: Load;
}

const HOSTS = ['north.shops.example', 'south.shops.example'];
const PER_SECOND = 150;

/** What stands before the shops, and what counts. */
interface Front {
  traefik: Traefik;
  prometheus: Prometheus;
}

/** Starts Traefik and Prometheus beside a cluster. */
export async function startFront(cluster: Cluster): Promise<Front> {
  const [traefik, prometheus] = await Promise.all([
    startTraefik({ cluster, throttle: '100ms', allowEmptyServices: true }),
    startPrometheus({ bed: cluster.bed, intervalSeconds: 1, scrape: [{ job: 'shops', pods: { of: cluster } }] }),
  ]);
  return { traefik, prometheus };
}

/** Opens the shops of a cluster that runs them: the caller's route, the rules of admission, and people. */
export async function openShops(
  root: string,
  cluster: Cluster,
  { traefik, prometheus }: Front,
  caller: string,
): Promise<OpenShops> {
  const apply = (manager: string, file: string) =>
    cluster.kubectl(['apply', '--server-side', `--field-manager=${manager}`, '-f', file]);
  // After the router's kinds are known: some of the rules look at its objects.
  await apply('tillgate', join(caller, 'deploy/route.yaml'));
  await apply('platform', join(root, 'deploy/admission.yaml'));
  await until('the shops answer', () => answers(traefik.outside));
  const load = await startLoad({
    bed: cluster.bed,
    target: traefik.inside,
    file: join(cluster.bed.folder, 'people.load'),
    seed: 1,
    arrivals: { pattern: 'constant', perSecond: PER_SECOND },
    tenants: HOSTS.map((host) => ({ host })),
    requests: [
      { name: 'page', method: 'GET', path: '/shop' },
      { name: 'call', method: 'POST', path: '/web/dataset/call_kw', body: { jsonrpc: '2.0', id: 1, method: 'call' } },
    ],
    // Short visits, so that new sessions meet a new share within seconds.
    sessions: { thinkSeconds: 0.3, meanRequests: 5 },
  });
  return { prometheusUrl: prometheus.outside, load };
}

function answers({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host, port, path: '/shop', headers: { host: HOSTS[0] } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
