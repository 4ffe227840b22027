import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, rigFor } from '../packages/delivery/src/cluster/rig.test-kit.ts';
import { makeScene, type Scene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import { drive } from '../packages/delivery/src/drive/drive.ts';
import { phaseOf } from '../packages/delivery/src/phase.ts';
import type { Status } from '../packages/delivery/src/status.ts';
import { changeModules } from '../packages/testbed/src/odoo/command.ts';
import { type Retail, startRetail } from '../packages/testbed/src/odoo/index.ts';
import type { LoadRecord, Row } from '../packages/testbed/src/traffic/record.ts';
import type { Ask } from '../packages/testbed/src/traffic/visits.ts';
import type { Benchmark } from './benchmark.ts';

/** How long both versions serve side by side, unless `--minutes=` says otherwise: half an hour in the issue, shortened. */
const MINUTES = 2;
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
    const [retail, bed] = await Promise.all([startRetail(), startDeliveryBed([], '100ms', runtime)]);
    try {
      return await canary(bed, retail, folder, minutes * 60_000, say);
    } finally {
      await bed.cluster.stop();
      await retail.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

async function canary(
  bed: DeliveryBed,
  retail: Retail,
  folder: string,
  sideBySide: number,
  say: (line: string) => void,
) {
  const database = await retail.clone();
  const addons = ['old', 'new'].map((version) => writeVersion(join(folder, version), version));
  await changeModules(retail.sandbox([addons[0] as string]), database, { install: [MODULE] });
  say('the database is ready');
  const digits = (digest: string) => digest.slice('sha256:'.length, 'sha256:'.length + 8);
  const scene = await makeScene(bed, {
    replicas: 2,
    other: {
      image: 'registry.example/odoo',
      env: (from, to) => [
        ...Object.entries(retail.podEnv(database)).map(([name, value]) => ({ name, value })),
        { name: `ADDONS_${digits(from)}`, value: addons[0] as string },
        { name: `ADDONS_${digits(to)}`, value: addons[1] as string },
      ],
    },
  });
  const requests = await pagesOf(bed, scene);
  const people = await startPeople(bed, scene, {
    arrivals: { pattern: 'constant', perSecond: PER_SECOND },
    requests,
    sessions: { thinkSeconds: 3, meanRequests: 20 },
  });
  const plan = await planFor(bed, scene, {
    shares: [{ share: 5_000, forMs: sideBySide, maxMs: sideBySide + 600_000, analysis: false, sessions: null }],
    settleMs: 600_000,
  });
  const rig = rigFor(bed, scene, { ...plan, watching: plan.watching && { ...plan.watching, readyWithinMs: 300_000 } });
  await beginOn(rig);
  const { status } = await drive({ ...rig.driving, signal: new AbortController().signal });
  const record = await people.stop();
  for (const [what, count] of failuresByStep(record, status)) say(`${count} x ${what}`);
  return judged(record, status, phaseOf(plan, status));
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
    ...assets.map((path): Ask => ({ name: 'asset', method: 'GET', path, weight: 2 / assets.length })),
  ];
}

/** What failed, and in which step: where to look if anything did. */
function failuresByStep(record: LoadRecord, { history }: Status): Map<string, number> {
  return record.count((row) => {
    const step = history.find(({ since, left }) => row.at >= since && row.at < left)?.step ?? 'outside';
    return row.status >= 400 || row.status === 0 || row.error !== ''
      ? `${row.request}: ${row.status} ${row.error} in ${step}`
      : 'fine';
  });
}

/**
 * Both versions serve from the first share until the candidate has left. What happens before that is told, but it is no
 * word on two versions: nobody has met the second one yet.
 */
function judged(record: LoadRecord, { history }: Status, phase: string) {
  const failed = ({ status, error }: Row) => status === 0 || status >= 400 || error !== '';
  const from = history.find(({ step }) => step === '50 %')?.since ?? 0;
  const [before, rows] = [[...record.rows(0, from)], [...record.rows(from)]];
  const assets = rows.filter(({ request }) => request === 'asset');
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
