import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { need } from '@tillgate/testbed';
import {
  AMD64,
  ARM64,
  type Layout,
  makeShopImage,
  pushImage,
  type Registry,
  shopPackages,
  startRegistry,
} from '@tillgate/testbed/registry';
import { parseImageReference } from './image/image-reference.ts';
import { resolveImage } from './image/resolve-image.ts';
import { COMMIT, oneLayout, openWorkbench, told, type Workbench } from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db', 'docker-registry', 'skopeo');
const REPOSITORY = 'corner-shops/shop';

(tools ? describe : describe.skip)('a scan with the real Trivy', () => {
  let bench: Workbench;
  let registry: Registry;
  const images: Record<'production' | 'rebuilt' | 'vulnerable' | 'alike' | 'repaired' | 'twofold', Layout> =
    {} as never;

  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
    registry = await startRegistry();
    const make = (name: keyof typeof images, request: Omit<Parameters<typeof makeShopImage>[0], 'into'>) =>
      makeShopImage({ ...request, into: join(bench.folder, name) }).then((layout) => {
        images[name] = layout;
      });
    const labels = { 'org.opencontainers.image.revision': COMMIT };
    await Promise.all([
      make('production', { version: '19.0.1' }),
      make('rebuilt', { version: '19.0.2', labels }),
      make('vulnerable', { version: '19.0.3', labels, packages: shopPackages({ libwebp7: '1.2.4-0.2' }) }),
      make('alike', { version: '19.0.6', labels, packages: shopPackages({ libwebp7: '1.2.4-0.2' }) }),
      make('repaired', { version: '19.0.4', labels, packages: shopPackages({ libc6: '2.36-9+deb12u14' }) }),
      make('twofold', { version: '19.0.5', labels, platforms: [AMD64, ARM64] }),
    ]);
    for (const [name, layout] of Object.entries(images)) await pushImage(registry, layout, REPOSITORY, name);
  });
  afterAll(async () => {
    await registry?.stop();
    await bench?.close();
  });

  const inRegistry = (name: keyof typeof images) => `${registry.host}/${REPOSITORY}@${images[name].digest}`;
  const baseline = () => [images.production.digest];

  it('lets a rebuilt image pass: what production has already is not new', async () => {
    const { seen, outcome, coverage } = await bench.scan(inRegistry('rebuilt'), { baseline: baseline() });
    expect(seen.troubles).toEqual([]);
    expect(
      seen.vulnerabilities.map(({ state, vulnerability: { id, packageName } }) => [state, id, packageName]),
    ).toEqual([
      ['unchanged', 'CVE-2026-4437', 'libc6'],
      ['unchanged', 'CVE-2026-4438', 'libc6'],
      ['unchanged', 'CVE-2026-45186', 'libexpat1'],
    ]);
    expect({ outcome, coverage, binding: seen.commitBinding }).toEqual({
      outcome: 'pass',
      coverage: { expected: 1, missing: [] },
      binding: 'label',
    });
  });

  it('stops an image that brings something new, and names the upgrade', async () => {
    const { findings, outcome } = await bench.scan(inRegistry('vulnerable'), { baseline: baseline() });
    expect(outcome).toBe('fail');
    expect(told(findings, 'fail')).toEqual(['scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863']);
    expect(findings[0]?.remedy).toContain('1.2.4-0.2+deb12u1');
  });

  it('counts what the image repairs', async () => {
    const { seen, outcome } = await bench.scan(inRegistry('repaired'), { baseline: baseline() });
    expect([outcome, seen.platforms[0]?.fixed]).toEqual(['pass', 2]);
  });

  it('without a baseline takes everything for new', async () => {
    const { findings } = await bench.scan(inRegistry('rebuilt'));
    expect(told(findings, 'fail')).toEqual(['scan/new-vulnerability os-pkgs pkg:deb/debian/libc6 CVE-2026-4437']);
  });

  it('takes for known what either of the images has that run during a rollout', async () => {
    const both = [images.production.digest, images.vulnerable.digest];
    const { findings, seen } = await bench.scan(inRegistry('alike'), { baseline: both });
    expect([told(findings, 'fail'), seen.baseline]).toEqual([[], both]);
    const old = await bench.scan(inRegistry('alike'), { baseline: baseline() });
    expect(told(old.findings, 'fail')).toEqual([
      'scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863',
    ]);
  });

  it('never compares the image with itself', async () => {
    const { seen, outcome } = await bench.scan(inRegistry('rebuilt'), { baseline: [images.rebuilt.digest] });
    expect([seen.baseline, outcome]).toEqual([[], 'fail']);
  });

  it('is inconclusive when what production runs cannot be found', async () => {
    const gone = `sha256:${'0'.repeat(64)}` as const;
    const { findings, outcome } = await bench.scan(inRegistry('repaired'), { baseline: [gone] });
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', [`scan/baseline-unknown ${gone}`]]);
  });

  it('judges every platform of an index, and each against its own', async () => {
    const { seen, coverage } = await bench.scan(inRegistry('twofold'), { baseline: baseline() });
    expect(seen.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    const states = (name: string) =>
      new Set(seen.vulnerabilities.filter(({ platform }) => platform === name).map(({ state }) => state));
    expect([states('linux/amd64'), states('linux/arm64')]).toEqual([new Set(['unchanged']), new Set(['new'])]);
    expect(coverage).toEqual({ expected: 2, missing: [] });
  });

  it('misses a platform that must be there', async () => {
    const { findings } = await bench.scan(inRegistry('rebuilt'), { baseline: baseline(), platforms: ['linux/arm64'] });
    expect(told(findings, 'unknown')).toEqual(['scan/platform-missing linux/arm64']);
  });

  describe('of OCI layouts on disk', () => {
    it('says the same as of the registry', async () => {
      const layout = await oneLayout(join(bench.folder, 'both'), [images.production, images.vulnerable]);
      const onDisk = await bench.scan(`oci:${layout}@${images.vulnerable.digest}`, { baseline: baseline() });
      const inThere = await bench.scan(inRegistry('vulnerable'), { baseline: baseline() });
      expect(onDisk.seen.vulnerabilities).toEqual(inThere.seen.vulnerabilities);
    });

    it('refuses a layer that was exchanged', async () => {
      const layout = await oneLayout(join(bench.folder, 'exchanged'), [images.vulnerable]);
      const reference = parseImageReference(`oci:${layout}@${images.vulnerable.digest}`);
      const resolved = await resolveImage(reference, { signal: new AbortController().signal });
      const [image] = resolved.kind === 'images' ? resolved.images : [];
      const layer = image?.layers[1]?.slice('sha256:'.length) ?? '';
      await writeFile(join(layout, 'blobs', 'sha256', layer), 'not the layer');
      const { findings, outcome } = await bench.scan(`oci:${layout}@${images.vulnerable.digest}`);
      expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/image-unreadable linux/amd64']]);
    });
  });
});
