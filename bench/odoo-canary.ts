import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reading } from '../packages/analysis/src/index.ts';
import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, rigFor } from '../packages/delivery/src/cluster/rig.test-kit.ts';
import { makeScene, type Scene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { ANALYSIS, planFor } from '../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import { drive } from '../packages/delivery/src/drive/drive.ts';
import { phaseOf } from '../packages/delivery/src/phase.ts';
import type { Status } from '../packages/delivery/src/status.ts';
import type { KubeObject } from '../packages/testbed/src/cluster/api.ts';
import { changeModules } from '../packages/testbed/src/odoo/command.ts';
import { type Retail, startRetail } from '../packages/testbed/src/odoo/index.ts';
import type { LoadRecord, Row } from '../packages/testbed/src/traffic/record.ts';
import type { Ask } from '../packages/testbed/src/traffic/visits.ts';
import { until } from '../packages/testbed/src/until.ts';
import type { Benchmark } from './benchmark.ts';

/** How long both versions serve side by side, unless `--minutes=` says otherwise. */
const MINUTES = 5;
const PER_SECOND = 6;
const MODULE = 'tillgate_version';

/** On demand: a canary of the real Odoo in two versions that differ in Python only, on one database and one filestore. */
export default {
  name: 'odoo-canary',
  about: 'two code-only versions of the real Odoo on one database, under sessions: pages, assets, and their 404s',
  async run(say, args) {
    const minutes = Number(args.find((arg) => arg.startsWith('--minutes='))?.slice('--minutes='.length) ?? MINUTES);
    const folder = mkdtempSync(join(tmpdir(), 'tillgate-odoo-'));
    const runtime = new URL('./odoo-canary/two-versions.ts', import.meta.url).href;
    const watching = new AbortController();
    const [retail, bed] = await Promise.all([startRetail(), startDeliveryBed([], '100ms', runtime)]);
    try {
      return await canary({ bed, retail, folder, sideBySide: minutes * 60_000, say, signal: watching.signal });
    } finally {
      watching.abort();
      await bed.cluster.stop();
      await retail.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

interface Canary {
  bed: DeliveryBed;
  retail: Retail;
  folder: string;
  /** ms. */
  sideBySide: number;
  say(line: string): void;
  signal: AbortSignal;
}

async function canary({ bed, retail, folder, sideBySide, say, signal }: Canary) {
  const database = await retail.clone();
  const addons = ['old', 'new'].map((version) => writeVersion(join(folder, version), version));
  await changeModules(retail.sandbox([addons[0] as string]), database, { install: [MODULE] });
  say('the database is ready');
  const digits = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 8);
  const scene = await makeScene(bed, {
    replicas: 2,
    // An Odoo that is told to end answers nobody any more: it is told once every router has heard that it goes.
    preStopSeconds: 10,
    other: {
      image: 'registry.example/odoo',
      // An Odoo that starts takes whole processors, of which this machine has few: the others answer late meanwhile. Pods
      // that are all unready at once are a route that knows no way, and would be told here as a fault of two versions.
      patience: { timeoutSeconds: 5, failureThreshold: 6 },
      env: (from, to) => [
        ...Object.entries(retail.podEnv(database)).map(([name, value]) => ({ name, value })),
        { name: `ADDONS_${digits(from)}`, value: addons[0] as string },
        { name: `ADDONS_${digits(to)}`, value: addons[1] as string },
      ],
    },
  });
  const ready = await followReady(bed, scene, signal);
  const requests = await pagesOf(bed, scene);
  const people = await startPeople(bed, scene, {
    // Odoo names its server in every answer, a router that answers in its place does not.
    headers: { version: 'x-shop-version', pod: 'server' },
    arrivals: { pattern: 'constant', perSecond: PER_SECOND },
    requests,
    sessions: { thinkSeconds: 3, meanRequests: 20 },
  });
  // Odoo by itself counts nothing, so what the router counts is read, as a floor.
  await bed.prometheus.rescrape([
    { job: 'traefik', targets: [bed.traefik.metrics.target], path: bed.traefik.metrics.path },
  ]);
  const plan = await planFor(bed, scene, {
    watching: {
      analysis: { ...ANALYSIS, metrics: ANALYSIS.metrics.filter(({ name }) => name === 'errors') },
      readings: [answersOf(scene)],
      jobs: null,
      timing: { window: 1_000, settle: 1_200, patience: 20_000, lookback: 60_000, span: 600_000 },
      warmUpMs: 500,
      mostRestarts: 0,
      readyWithinMs: 300_000,
    },
    shares: [{ share: 5_000, forMs: sideBySide, maxMs: sideBySide + 600_000, analysis: false, sessions: null }],
    settleMs: 600_000,
  });
  const rig = rigFor(bed, scene, plan);
  await beginOn(rig);
  const { status } = await drive({ ...rig.driving, signal: new AbortController().signal });
  const record = await people.stop();
  for (const [what, count] of failures(record, status, ready)) say(`${count} x ${what}`);
  return judged(record, status, phaseOf(plan, status));
}

/** What the router counted of both versions' answers. */
function answersOf({ namespace }: Scene): Reading {
  const service = (name: string) => `${namespace}-${name}-8069@kubernetescrd`;
  return {
    metric: 'errors',
    query: 'traefik_service_requests_total',
    arm: { label: 'service', candidate: service('odoo-candidate'), stable: service('odoo') },
    counts: { kind: 'share', bad: { label: 'code', pattern: '[45]..' } },
  };
}

/** A version of a module: what it answers differs, its data and its assets do not. */
function writeVersion(folder: string, version: string): string {
  const module = join(folder, MODULE);
  mkdirSync(module, { recursive: true });
  writeFileSync(join(module, '__manifest__.py'), "{'name': 'Version', 'version': '19.0.1.0.0', 'depends': ['web']}\n");
  writeFileSync(join(module, '__init__.py'), 'from . import controller\n');
  writeFileSync(
    join(module, 'controller.py'),
    `from odoo import http


class Version(http.Controller):
    @http.route('/tillgate/version', type='http', auth='public')
    def version(self):
        return http.request.make_response('${version}', headers=[('X-Shop-Version', '${version}')])
`,
  );
  return folder;
}

/** The login page, with all the assets that it names, and the module's own answer. */
async function pagesOf(bed: DeliveryBed, { host }: Scene): Promise<Ask[]> {
  const { request } = await import('node:http');
  const page = await new Promise<string>((resolve, reject) => {
    const sent = request({ ...bed.traefik.outside, path: '/web/login', headers: { host } }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    sent.on('error', reject).end();
  });
  const assets = [...new Set([...page.matchAll(/["'](\/web\/assets\/[^"']+)["']/g)].map(([, path]) => path as string))];
  if (assets.length === 0) throw new Error(`The login page names no assets: ${page.slice(0, 300)}`);
  return [
    { name: 'page', method: 'GET', path: '/web/login', weight: 2 },
    { name: 'version', method: 'GET', path: '/tillgate/version', weight: 2 },
    ...assets.map((path): Ask => ({ name: `asset ${path}`, method: 'GET', path, weight: 2 / assets.length })),
  ];
}

/** Pods that a Service leads to, since a moment. */
interface Ready {
  at: number;
  service: string;
  pods: number;
}

/** Follows how many ready pods each Service has. */
async function followReady({ cluster }: DeliveryBed, { namespace }: Scene, signal: AbortSignal): Promise<Ready[]> {
  const seen: Ready[] = [];
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  cluster.api.follow<Slice>(
    slices,
    ({ type, object: { metadata, endpoints } }) => {
      const pods = type === 'DELETED' ? 0 : (endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;
      seen.push({ at: Date.now(), service: metadata.labels?.['kubernetes.io/service-name'] ?? '', pods });
    },
    signal,
  );
  await until('it is known which pods are ready', () => seen.length > 0);
  return seen;
}

interface Slice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[];
}

/** What failed: of which path, answered by whom, in which step, with how many ready pods. Where to look, if anything did. */
function failures(record: LoadRecord, { history }: Status, ready: readonly Ready[]): Map<string, number> {
  return record.count((row) => {
    if (!failed(row)) return 'fine';
    const step = history.find(({ since, left }) => row.at >= since && row.at < left)?.step ?? 'outside';
    const by = row.pod === '' ? 'the router' : row.pod;
    const pods = (service: string) => fewest(ready, service, row.at - ROUTER_HEARS_MS, row.at + row.latency);
    return `${row.request}: ${row.status} ${row.error} by ${by} in ${step}, ready pods as few as ${pods('odoo')} of stable, ${pods('odoo-candidate')} of the candidate`;
  });
}

/** How long a router may take to hear of a pod. */
const ROUTER_HEARS_MS = 2_000;

function fewest(ready: readonly Ready[], service: string, from: number, to: number): number {
  const own = ready.filter((each) => each.service === service && each.at <= to);
  const during = [...own.filter(({ at }) => at <= from).slice(-1), ...own.filter(({ at }) => at > from)];
  return during.length === 0 ? 0 : Math.min(...during.map(({ pods }) => pods));
}

const failed = ({ status, error }: Row) => status === 0 || status >= 400 || error !== '';

/**
 * Both versions serve from the first share until the candidate has left. What happens before that is told, but it is no
 * word on two versions: nobody has met the second one yet.
 */
function judged(record: LoadRecord, { history }: Status, phase: string) {
  const from = history.find(({ step }) => step === '50 %')?.since ?? 0;
  const [before, rows] = [[...record.rows(0, from)], [...record.rows(from)]];
  const assets = rows.filter(({ request }) => request.startsWith('asset '));
  const versions = rows.filter(({ request, version }) => request === 'version' && version !== '');
  const figures = {
    requests: rows.length,
    assets: assets.length,
    asset_404s: assets.filter(({ status }) => status === 404).length,
    failed_requests: rows.filter(failed).length,
    versions_seen: new Set(versions.map(({ version }) => version)).size,
    failed_before: before.filter(failed).length,
    ended: phase,
  };
  return {
    figures,
    bounds: { asset_404s: '0', failed_requests: '0', versions_seen: '2', ended: 'promoted' },
    holds:
      figures.asset_404s === 0 && figures.failed_requests === 0 && figures.versions_seen === 2 && phase === 'promoted',
    table: [
      ['what', 'number'],
      ...Object.entries(figures).map(([name, value]) => [name, value] as (string | number)[]),
    ],
  };
}
