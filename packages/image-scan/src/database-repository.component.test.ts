import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Programs, silentLog, systemPrograms } from '@tillgate/host';
import { need } from '@tillgate/testbed';
import { makeShopImage, pushImage, type Registry, shopPackages, startRegistry } from '@tillgate/testbed/registry';
import type { ScanWorld } from './observe/request.ts';
import {
  COMMIT,
  databaseLayout,
  openWorkbench,
  sha256OfFile,
  told,
  type Workbench,
  writeMetadata,
} from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db', 'docker-registry');
const HOUR = 3_600_000;

(tools ? describe : describe.skip)('a scan with a database that the gate fetches', () => {
  let bench: Workbench;
  let registry: Registry;
  let image: string;

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
    const layout = await databaseLayout(bench.database, join(bench.folder, name), layerType || undefined);
    await pushImage(registry, layout, `databases/${name}`, '2');
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
});
