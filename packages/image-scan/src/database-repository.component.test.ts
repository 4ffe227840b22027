import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Programs, silentLog, systemPrograms } from '@tillgate/host';
import { digestOf as digestOfBytes } from '@tillgate/release';
import { need } from '@tillgate/testbed';
import {
  type Layout,
  makeDatabaseLayout,
  makeShopImage,
  pushImage,
  type Registry,
  shopPackages,
  startRegistry,
} from '@tillgate/testbed/registry';
import type { ScanWorld } from './observe/request.ts';
import { COMMIT, openWorkbench, sha256OfFile, told, type Workbench, writeMetadata } from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db', 'docker-registry', 'skopeo');
const HOUR = 3_600_000;

(tools ? describe : describe.skip)('a scan with a database that the gate fetches', () => {
  let bench: Workbench;
  let registry: Registry;
  let image: string;
  const published: Record<string, Layout> = {};

  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
    registry = await startRegistry();
    const shop = await makeShopImage({
      version: '19.0.3',
      labels: { 'org.opencontainers.image.revision': COMMIT },
      packages: shopPackages({ libwebp7: '1.2.4-0.2' }),
      into: join(bench.folder, 'shop'),
    });
    ({ reference: image } = await pushImage(registry, shop, 'corner-shops/shop', '19.0.3'));
    await publish('recent', Date.now() - HOUR);
    await publish('old', Date.now() - 5 * 24 * HOUR);
    await publish('of-another-kind', Date.now() - HOUR, { layerType: 'application/octet-stream' });
    await publish('of-another-schema', Date.now() - HOUR, { schema: 1 });
  });
  afterAll(async () => {
    await registry?.stop();
    await bench?.close();
  });

  /** Puts the workbench's database into the registry, as its makers publish it: under the tag of its schema. */
  async function publish(name: string, updatedAt: number, { schema = 2, layerType = '' } = {}): Promise<void> {
    await writeMetadata(bench.database, updatedAt, schema);
    const layout = await makeDatabaseLayout(bench.database, join(bench.folder, name), layerType || undefined);
    await pushImage(registry, layout, `databases/${name}`, '2');
    published[name] = layout;
  }

  const at = (name: string) => `${registry.host}/databases/${name}`;

  /** Scans with the database of one repository; the policy names the repositories alone, and no digest. */
  async function scanWith(repository: string, named = [repository], world: Partial<ScanWorld> = {}) {
    const policy = await bench.policy({ database: { repositories: named } });
    return bench.scan(image, { policy, databasePath: undefined, databaseRepository: repository }, world);
  }

  it('judges the image, and says where the database came from', async () => {
    const { findings, outcome, seen, evidence } = await scanWith(at('recent'));
    expect(seen.troubles).toEqual([]);
    expect(told(findings, 'fail')).toContain('scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863');
    expect(outcome).toBe('fail');
    expect(evidence).toContainEqual({
      name: 'vulnerability database',
      digest: await sha256OfFile(join(bench.database, 'trivy.db')),
      note: expect.stringContaining(`fetched by the gate from ${at('recent')}`),
    });
  });

  it('takes the tag too, where the policy names it', async () => {
    const { seen, outcome } = await scanWith(`${at('recent')}:2`);
    expect([seen.troubles, outcome]).toEqual([[], 'fail']);
  });

  it.each([
    ['another repository', 'old'],
    ['the same one under another name', 'recent:2'],
  ])('refuses %s than the policy names, and starts nothing', async (_, asked) => {
    const system = systemPrograms(silentLog);
    let started = 0;
    const run: Programs['run'] = (...of) => {
      started += 1;
      return system.run(...of);
    };
    const { findings, outcome, seen } = await scanWith(at(asked), [at('recent')], { programs: { ...system, run } });
    expect(started).toBe(0);
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/database-not-accepted scanner']]);
    expect(seen.troubles[0]?.message).toContain(`${at(asked)}: imageScan.database.repositories`);
  });

  it.each([
    [
      'is not there',
      'missing',
      'scan/database-unusable',
      /not be fetched from .*\/missing\. .*(NAME|MANIFEST)_UNKNOWN/,
    ],
    ['holds no database', 'of-another-kind', 'scan/database-unusable', /unacceptable media type/],
    ['holds one of five days ago', 'old', 'scan/database-too-old', /120 hours old; the policy takes at most 48 hours/],
    ['holds one of another schema', 'of-another-schema', 'scan/database-unusable', /of schema 1; Trivy reads schema 2/],
  ])('is inconclusive where the repository %s', async (_, name, rule, reason) => {
    const { findings, outcome, seen } = await scanWith(at(name));
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', [`${rule} scanner`]]);
    expect(seen.troubles[0]?.message).toMatch(reason);
  });

  it('is inconclusive where nobody answers', async () => {
    const gone = await startRegistry();
    await gone.stop();
    const { outcome, seen } = await scanWith(`${gone.host}/databases/recent`);
    expect(outcome).toBe('inconclusive');
    expect(seen.troubles[0]?.message).toMatch(/connection refused/);
  });

  it('is not kept from fetching by a TRIVY_ variable', async () => {
    const environment = { ...process.env, TRIVY_SKIP_DB_UPDATE: 'true' };
    const { seen } = await scanWith(at('recent'), [at('recent')], { environment });
    expect(seen.troubles).toEqual([]);
  });

  describe('or that an earlier step has copied, as it was published', () => {
    /** What skopeo leaves of a repository, in a folder of that name. */
    async function copied(name: string, into = name): Promise<string> {
      const { skopeo } = tools as NonNullable<typeof tools>;
      const folder = join(bench.folder, 'copies', into);
      await mkdir(join(folder, '..'), { recursive: true });
      const args = [
        'copy',
        '--insecure-policy',
        '--src-tls-verify=false',
        `docker://${at(name)}:2`,
        `oci:${folder}:db`,
      ];
      const env = { PATH: process.env.PATH ?? '', HOME: bench.folder, ...skopeo.env };
      const ended = await systemPrograms(silentLog).run(skopeo.path, args, {
        env,
        cwd: bench.folder,
        timeoutMs: 60_000,
      });
      expect(ended.stderr).toBe('');
      return folder;
    }
    const digestOf = (name: string) => (published[name] as Layout).digest;
    const scanOf = async (databasePath: string, database: object, databaseRepository?: string) => {
      const policy = await bench.policy({ database });
      return bench.scan(image, { policy, databasePath, databaseRepository });
    };
    const NEW_WEBP = 'scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863';

    it('where the repository that the policy names holds it', async () => {
      const { findings, seen, evidence } = await scanOf(
        await copied('recent'),
        { repositories: [at('recent')] },
        at('recent'),
      );
      expect([seen.troubles, told(findings, 'fail')]).toEqual([[], expect.arrayContaining([NEW_WEBP])]);
      expect(evidence).toContainEqual(
        expect.objectContaining({
          note: expect.stringContaining(`artifact ${digestOf('recent')}, which ${at('recent')} holds`),
        }),
      );
    });

    it('unpacked by the gate itself, whatever is called tar on PATH', async () => {
      const planted = join(bench.folder, 'planted');
      await mkdir(planted);
      await writeFile(join(planted, 'tar'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
      const databasePath = await copied('recent', 'beside-planted');
      const before = process.env.PATH;
      process.env.PATH = `${planted}:${before}`;
      try {
        const policy = await bench.policy({ database: { digests: [digestOf('recent')] } });
        expect((await bench.scan(image, { policy, databasePath })).seen.troubles).toEqual([]);
      } finally {
        process.env.PATH = before;
      }
    });

    it('or where the policy names the artifact: no registry is asked', async () => {
      const { findings, seen } = await scanOf(await copied('recent', 'named'), { digests: [digestOf('recent')] });
      expect([seen.troubles, told(findings, 'fail')]).toEqual([[], expect.arrayContaining([NEW_WEBP])]);
    });

    it.each([
      ['is of another repository', 'old', ['recent'], 'recent', /not shown to be of .*\/recent\./],
      ['is of a repository that the policy does not name', 'recent', ['old'], 'recent', /does not name it/],
      ['is of nobody knows where', 'recent', ['recent'], undefined, /no `db-repository` says/],
    ])('not where it %s', async (_, name, named, asked, reason) => {
      const { findings, outcome, seen } = await scanOf(
        await copied(name, `refused-${name}-${asked}`),
        { repositories: named.map(at) },
        asked && at(asked),
      );
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/database-not-accepted scanner']]);
      expect(seen.troubles[0]?.message).toMatch(reason);
    });

    it.each([
      ['is too old', 'old', 'scan/database-too-old'],
      ['is something else', 'of-another-kind', 'scan/database-unusable'],
      ['is of another schema', 'of-another-schema', 'scan/database-unusable'],
    ])('not where it %s', async (_, name, rule) => {
      const { findings, outcome } = await scanOf(
        await copied(name, `unfit-${name}`),
        { repositories: [at(name)] },
        at(name),
      );
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', [`${rule} scanner`]]);
    });

    it.each([
      ['is no archive', Buffer.from('no archive'), /cannot be unpacked/],
      ['holds neither file', gzipSync(Buffer.alloc(1024)), /There is no file .*(trivy\.db|metadata\.json)/],
      ['is cut off', gzipSync(Buffer.alloc(1024)).subarray(0, 20), /cannot be unpacked/],
    ])('not out of an artifact whose layer %s, though the policy names it', async (title, bytes, reason) => {
      const folder = join(bench.folder, 'copies', title);
      await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
      const put = async (content: Uint8Array) => {
        const digest = digestOfBytes(content);
        await writeFile(join(folder, blob(digest)), content);
        return digest;
      };
      const json = (value: object) => Buffer.from(JSON.stringify(value));
      const mediaType = 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip';
      const artifact = await put(json({ layers: [{ mediaType, digest: await put(bytes) }] }));
      const manifest = 'application/vnd.oci.image.manifest.v1+json';
      await writeFile(join(folder, 'index.json'), json({ manifests: [{ mediaType: manifest, digest: artifact }] }));
      await writeFile(join(folder, 'oci-layout'), '{}');
      const { findings, seen } = await scanOf(folder, { digests: [artifact] });
      expect(told(findings, 'unknown')).toEqual(['scan/database-unusable scanner']);
      expect(seen.troubles[0]?.message).toMatch(reason);
    });

    it.each([
      [
        'whose archive was exchanged',
        async (folder: string) => {
          const manifest = JSON.parse(await readText(join(folder, blob(digestOf('recent')))));
          await appendFile(join(folder, blob(manifest.layers[0].digest)), 'more');
        },
        /it was damaged or exchanged/,
      ],
      [
        'whose manifest was exchanged',
        (folder: string) => writeFile(join(folder, blob(digestOf('recent'))), '{}'),
        /was damaged or exchanged/,
      ],
      ['that lists nothing', (folder: string) => writeFile(join(folder, 'index.json'), '{"manifests":[]}'), /just one/],
      ['whose list is cut off', (folder: string) => writeFile(join(folder, 'index.json'), '{"manif'), /just one/],
    ])('not out of a layout %s', async (title, damage, reason) => {
      const folder = join(bench.folder, 'copies', title);
      await cp(await copied('recent', `before ${title}`), folder, { recursive: true });
      await damage(folder);
      const { findings, seen } = await scanOf(folder, { repositories: [at('recent')] }, at('recent'));
      expect(told(findings, 'unknown')).toEqual(['scan/database-unusable scanner']);
      expect(seen.troubles[0]?.message).toMatch(reason);
    });
  });
});

const readText = (path: string) => readFile(path, 'utf8');
const blob = (digest: string) => join('blobs', 'sha256', digest.slice('sha256:'.length));
