import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { need } from '@tillgate/testbed';
import { type DebianLayer, type DebianSystem, needDebian, writeFolderLayer } from '@tillgate/testbed/debian';
import {
  type Image,
  type Layer,
  type Layout,
  layerOf,
  pushImage,
  type Registry,
  startRegistry,
  writeLayout,
} from '@tillgate/testbed/registry';
import { parse } from 'yaml';
import { COMMIT, FIXTURES, type Judged, openWorkbench, told, type Workbench } from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db', 'docker-registry');
const debian = await needDebian('amd64', 'amd64-later', 'arm64', 'amd64-unsupported');

const REPOSITORY = 'corner-shops/shop';
const PILLOW = 'Pillow CVE-2023-4863';
const [BY_PIP, IN_VENV] = ['usr/local/lib/python3.11/dist-packages', 'opt/shop/venv/lib/python3.11/site-packages'];
/** The form of a token and of a key, and neither: what a scanner for secrets looks for. */
const TOKEN = `ghp_${'0123456789abcdefABCDEF'.repeat(2).slice(0, 36)}`;
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'bm90IGEga2V5IGJ1dCB0aGUgZm9ybSBvZiBvbmU'.repeat(8)}\n-----END OPENSSH PRIVATE KEY-----\n`;

/** What is wrong with the packages of a system, as dpkg says: it knows their sources and compares the versions. */
async function knownOf({ database }: DebianLayer): Promise<string[]> {
  const buckets = parse(await readFile(join(FIXTURES, 'vulnerability-database.yaml'), 'utf8')) as Bucket[];
  const facts = buckets.find(({ bucket }) => bucket === 'debian 12')?.pairs ?? [];
  const format = '$' + '{Package} $' + '{source:Package} $' + '{source:Version}\n';
  return installedIn(database, format).flatMap((line) => {
    const [name, source, version] = line.split(' ') as [string, string, string];
    const about = facts.find(({ bucket }) => bucket === source)?.pairs ?? [];
    return about.filter(({ value }) => older(version, value.FixedVersion)).map(({ key }) => `${name} ${key}`);
  });
}
interface Bucket {
  bucket: string;
  pairs: { bucket: string; pairs: { key: string; value: { FixedVersion: string } }[] }[];
}

function installedIn(database: string, format = '$' + '{Package}\n'): string[] {
  const args = [`--admindir=${database}`, '--show', `--showformat=${format}`];
  return execFileSync('dpkg-query', args, { encoding: 'utf8' }).trimEnd().split('\n');
}

function older(version: string, fixed: string): boolean {
  try {
    execFileSync('dpkg', ['--compare-versions', version, 'lt', fixed]);
    return true;
  } catch (cause) {
    if ((cause as { status?: number }).status === 1) return false;
    throw cause;
  }
}

const without = (all: readonly string[], taken: readonly string[]) => all.filter((one) => !taken.includes(one)).sort();

(tools && debian ? describe : describe.skip)('whole Debian systems', () => {
  const systems = debian as NonNullable<typeof debian>;
  let bench: Workbench;
  let registry: Registry;
  const images: Record<'production' | 'rebuilt' | 'grown' | 'uneven' | 'careless' | 'unsupported', Layout> =
    {} as never;
  /** What is wrong with each, by dpkg and the published facts. */
  const known: Record<'production' | 'rebuilt' | 'grown', Record<string, string[]>> = {} as never;

  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
    registry = await startRegistry();
    const { amd64, arm64, 'amd64-later': later, 'amd64-unsupported': unsupported } = systems;
    const shop = async (system: DebianSystem, layers: readonly Layer[], place: string): Promise<Image> => ({
      platform: system.platform,
      layers: [...layers, await pythonLayer(system, place)],
      config: { User: 'odoo', Labels: { 'org.opencontainers.image.revision': COMMIT } },
    });
    const [base, laterBase, otherBase] = [amd64, later, arm64].map(({ layers }) => layers.slice(0, 1)) as [
      DebianLayer[],
      DebianLayer[],
      DebianLayer[],
    ];
    const make = async (name: keyof typeof images, ...made: Image[]) => {
      images[name] = await writeLayout(join(bench.folder, name), name, made);
      await pushImage(registry, images[name], REPOSITORY, name);
    };
    await make('production', await shop(amd64, base, BY_PIP), await shop(arm64, otherBase, BY_PIP));
    await make('rebuilt', await shop(later, laterBase, IN_VENV), await shop(arm64, otherBase, IN_VENV));
    await make('grown', await shop(later, later.layers, IN_VENV));
    await make('uneven', await shop(later, laterBase, IN_VENV), await shop(arm64, arm64.layers, IN_VENV));
    await make('careless', {
      platform: amd64.platform,
      layers: [
        ...base,
        await layerOf([{ path: 'opt/shop/deploy_key', content: KEY }]),
        await layerOf([{ path: 'opt/shop/.wh.deploy_key', content: '' }]),
      ],
      config: { Env: [`GITHUB_TOKEN=${TOKEN}`] },
    });
    await make('unsupported', { platform: unsupported.platform, layers: unsupported.layers, config: { User: 'odoo' } });

    const of = async (layer: DebianLayer | undefined) => [...(await knownOf(layer as DebianLayer)), PILLOW];
    known.production = { 'linux/amd64': await of(base[0]), 'linux/arm64': await of(otherBase[0]) };
    known.rebuilt = { 'linux/amd64': await of(laterBase[0]), 'linux/arm64': await of(otherBase[0]) };
    known.grown = { 'linux/amd64': await of(later.layers[1]), 'linux/arm64': await of(arm64.layers[1]) };
  }, 300_000);
  afterAll(async () => {
    await registry?.stop();
    await bench?.close();
  });

  let layers = 0;
  async function pythonLayer({ python }: DebianSystem, place: string): Promise<Layer> {
    layers += 1;
    const folder = join(bench.folder, `python-${layers}`);
    await mkdir(join(folder, place), { recursive: true });
    await cp(python, join(folder, place), { recursive: true });
    const file = `${folder}.tar.gz`;
    return { diffId: await writeFolderLayer(folder, file), bytes: await readFile(file) };
  }

  const inRegistry = (name: keyof typeof images) => `${registry.host}/${REPOSITORY}@${images[name].digest}`;
  const scan = (name: keyof typeof images) => bench.scan(inRegistry(name), { baseline: [images.production.digest] });
  /** What was found on a platform, in one state. */
  const found = ({ seen }: Judged, platform: string, ...states: string[]) =>
    seen.vulnerabilities
      .filter((one) => one.platform === platform && states.includes(one.state))
      .map(({ vulnerability: { packageName, id } }) => `${packageName} ${id}`)
      .sort();
  const fixed = ({ seen }: Judged) => seen.platforms.map((one) => one.fixed);

  it('are recognised whole: every package that dpkg knows, and the release', async () => {
    const { seen } = await scan('rebuilt');
    expect(seen.troubles).toEqual([]);
    const count = (system: DebianSystem) => installedIn(system.layers[0]?.database ?? '').length + 1;
    const os = { family: 'debian', name: expect.stringMatching(/^12\.\d+$/), endOfLife: false };
    expect(seen.platforms).toMatchObject([
      { platform: 'linux/amd64', os, packages: count(systems['amd64-later']) },
      { platform: 'linux/arm64', os, packages: count(systems.arm64) },
    ]);
    expect(count(systems.arm64)).toBeGreaterThan(80);
  });

  it('built again, with newer packages and a moved Python: nothing old is new', async () => {
    const judged = await scan('rebuilt');
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      expect(found(judged, platform, 'new')).toEqual([]);
      expect(found(judged, platform, 'unchanged')).toEqual([...(known.rebuilt[platform] ?? [])].sort());
    }
    const [before, after] = [known.production['linux/amd64'] ?? [], known.rebuilt['linux/amd64'] ?? []];
    expect(before).toEqual(expect.arrayContaining(['perl-base CVE-2026-42496', 'libexpat1 CVE-2026-45186', PILLOW]));
    expect(fixed(judged)).toEqual([without(before, after).length, 0]);
    expect(without(before, after)).toContain('libexpat1 CVE-2026-45186');
    const [pillow] = judged.seen.vulnerabilities.filter(
      ({ vulnerability: { packageName } }) => packageName === 'Pillow',
    );
    expect(pillow?.vulnerability.path).toContain(IN_VENV);
    expect([judged.outcome, told(judged.findings, 'fail')]).toEqual(['pass', []]);
  });

  it('with a package added that is vulnerable: that is new, and stops', async () => {
    const judged = await scan('grown');
    const fresh = without(known.grown['linux/amd64'] ?? [], known.production['linux/amd64'] ?? []);
    expect(fresh).toContain('perl-modules-5.36 CVE-2026-42496');
    expect(found(judged, 'linux/amd64', 'new')).toEqual(fresh);
    expect(judged.outcome).toBe('fail');
    expect(told(judged.findings, 'fail')).toContain(
      'scan/new-vulnerability os-pkgs pkg:deb/debian/perl CVE-2026-42496',
    );
  });

  it('of two platforms, of which one brings something: each is judged by itself', async () => {
    const judged = await scan('uneven');
    expect(found(judged, 'linux/amd64', 'new')).toEqual([]);
    expect(found(judged, 'linux/arm64', 'new')).toEqual(
      without(known.grown['linux/arm64'] ?? [], known.production['linux/arm64'] ?? []),
    );
    const failed = judged.findings.filter(({ severity }) => severity === 'fail');
    expect(new Set(failed.map(({ unit }) => unit))).toEqual(new Set(['linux/arm64']));
    expect(judged.coverage).toEqual({ expected: 2, missing: [] });
  });

  it('whose release is no longer supported: that is told, and fails where the class says so', async () => {
    const policy = await bench.policy({ classes: { standard: { endOfLife: 'fail' } } });
    const lax = await bench.scan(inRegistry('unsupported'));
    const strict = await bench.scan(inRegistry('unsupported'), { policy, demands: policy.classes.standard });
    const of = ({ findings, outcome }: Judged) => [
      outcome,
      ...findings.map(({ rule, severity, key }) => `${severity} ${rule} ${key}`),
    ];
    expect(of(lax)).toEqual(['warn', expect.stringMatching(/^warn scan\/end-of-life debian 11\.\d+$/)]);
    expect(of(strict)).toEqual(['fail', expect.stringMatching(/^fail scan\/end-of-life debian 11\.\d+$/)]);
  });

  describe('made carelessly', () => {
    const asking = async (...scanners: string[]) => {
      const policy = await bench.policy({ classes: { standard: { scanners } } });
      return bench.scan(inRegistry('careless'), { policy, demands: policy.classes.standard });
    };

    it('has secrets, one in a layer that a later one covers and one in its configuration', async () => {
      const judged = await asking('secrets');
      expect(told(judged.findings, 'fail')).toEqual([
        'scan/secret private-key /opt/shop/deploy_key:2',
        expect.stringMatching(/^scan\/secret github-pat the configuration of the image, line \d+$/),
      ]);
      expect(JSON.stringify(judged.findings)).not.toContain(TOKEN);
      expect(JSON.stringify(judged.findings)).not.toContain(registry.host);
    });

    it('runs as root, although no instruction of a Dockerfile says so', async () => {
      expect(told((await asking('configuration')).findings, 'fail')).toEqual(['scan/image-configuration runs-as-root']);
    });

    it('is judged for neither by a class that asks for vulnerabilities alone', async () => {
      const { seen, findings } = await asking('vulnerabilities');
      expect(seen.vulnerabilities.length).toBeGreaterThan(0);
      expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['scan/new-vulnerability']));
    });
  });
});
