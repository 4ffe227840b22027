import { mkdtempSync, rmSync } from 'node:fs';
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
import { changeModules } from '../packages/testbed/src/odoo/command.ts';
import { type Retail, startRetail } from '../packages/testbed/src/odoo/index.ts';
import type { Ask } from '../packages/testbed/src/traffic/visits.ts';
import type { Benchmark } from './benchmark.ts';
import { failures, judged } from './odoo-canary/judge.ts';
import { ASSETS, type Assets, MODULE, writeVersion } from './odoo-canary/module.ts';
import { meet } from './odoo-canary/people.ts';
import { followReady } from './odoo-canary/ready.ts';
import { assetsIn, type Door, Visitor } from './odoo-canary/visitor.ts';

/** How long both versions serve side by side, unless `--minutes=` says otherwise. */
const MINUTES = 5;
const PER_SECOND = 6;

/**
 * On demand: a canary of the real Odoo in two versions that differ in Python only, on one database and one filestore. With
 * `--assets=differ` they differ in a file of their bundles too, which must be seen: it is red then, and shows that it can be.
 */
export default {
  name: 'odoo-canary',
  about: 'two code-only versions of the real Odoo on one database, under sessions: pages, assets, and their 404s',
  async run(say, args) {
    const minutes = Number(args.find((arg) => arg.startsWith('--minutes='))?.slice('--minutes='.length) ?? MINUTES);
    const assets = assetsOf(args);
    const folder = mkdtempSync(join(tmpdir(), 'tillgate-odoo-'));
    const runtime = new URL('./odoo-canary/two-versions.ts', import.meta.url).href;
    const watching = new AbortController();
    const [retail, bed] = await Promise.all([startRetail(), startDeliveryBed([], '100ms', runtime)]);
    try {
      return await canary({ bed, retail, folder, assets, sideBySide: minutes * 60_000, say, signal: watching.signal });
    } finally {
      watching.abort();
      await bed.cluster.stop();
      await retail.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

/** In what the bundles differ; in nothing unless told. @throws RangeError */
function assetsOf(args: readonly string[]): Assets {
  const told = args.find((arg) => arg.startsWith('--assets='))?.slice('--assets='.length) ?? 'same';
  const known = ASSETS.find((each) => each === told);
  if (!known) throw new RangeError(`--assets=${told} is none of ${ASSETS.join(', ')}.`);
  return known;
}

interface Canary {
  bed: DeliveryBed;
  retail: Retail;
  folder: string;
  assets: Assets;
  /** ms. */
  sideBySide: number;
  say(line: string): void;
  signal: AbortSignal;
}

async function canary({ bed, retail, folder, assets, sideBySide, say, signal }: Canary) {
  const database = await retail.clone();
  const addons = (['old', 'new'] as const).map((version) => writeVersion(join(folder, version), version, assets));
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
  const door: Door = { ...bed.traefik.outside, shop: scene.host };
  const requests = await pagesOf(door);
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
  const met = await meet(door, { login: 'admin', password: 'admin' }, assets);
  const before = await lastAttachment(retail, database);
  const rig = rigFor(bed, scene, plan);
  await beginOn(rig);
  const { status } = await drive({ ...rig.driving, signal: new AbortController().signal });
  const [record, seen] = await Promise.all([people.stop(), met.stop()]);
  const attachments = (await lastAttachment(retail, database)) - before;
  const story = { record, ...seen, status, phase: phaseOf(plan, status), ready, attachments };
  for (const [what, count] of failures(story)) say(`${count} x ${what}`);
  return judged(story);
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

/** The login page, with all the assets that it names before the release, and the module's own answer. */
async function pagesOf(door: Door): Promise<Ask[]> {
  const { text } = await new Visitor(door).ask('/web/login');
  const assets = assetsIn(text);
  if (assets.length === 0) throw new Error(`The login page names no assets: ${text.slice(0, 300)}`);
  return [
    { name: 'page', method: 'GET', path: '/web/login', weight: 2 },
    { name: 'version', method: 'GET', path: '/tillgate/version', weight: 2 },
    ...assets.map((path): Ask => ({ name: `asset ${path}`, method: 'GET', path, weight: 2 / assets.length })),
  ];
}

/** The number of the last attachment: each that Odoo writes has the next one. */
const lastAttachment = async (retail: Retail, database: string): Promise<number> =>
  Number(await retail.postgres.psql('SELECT last_value FROM ir_attachment_id_seq', database));
