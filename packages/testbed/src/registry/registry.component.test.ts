import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { need } from '../require.ts';
import {
  AMD64,
  ARM64,
  type Layout,
  makeShopImage,
  pushImage,
  type Registry,
  shopPackages,
  startRegistry,
} from './index.ts';

const tools = await need('docker-registry', 'skopeo', 'trivy');
const OLD = { version: '19.0.1', labels: { 'org.opencontainers.image.revision': 'a'.repeat(40) } };
const NEW = {
  version: '19.0.2',
  packages: [
    ...shopPackages({ libwebp7: '1.2.4-0.2' }),
    { name: 'libcurl4', version: '7.88.1-10+deb12u12', source: 'curl' },
  ],
  python: [{ name: 'requests', version: '2.31.0' }],
  platforms: [AMD64, ARM64],
};

(tools ? describe : describe.skip)('images of the shop in a registry', () => {
  const { skopeo, trivy } = tools ?? ({} as NonNullable<typeof tools>);
  let registry: Registry;
  let folder: string;
  let old: Layout;
  let recent: Layout;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tillgate-registry-test-'));
    [registry, old, recent] = await Promise.all([
      startRegistry(),
      makeShopImage({ ...OLD, into: join(folder, 'old') }),
      makeShopImage({ ...NEW, into: join(folder, 'new') }),
    ]);
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function output(
    program: { path: string; env?: Readonly<Record<string, string>> },
    ...args: string[]
  ): Promise<string> {
    const env = { PATH: process.env.PATH ?? '', HOME: folder, ...program.env };
    const ended = await systemPrograms(silentLog).run(program.path, args, { env, cwd: folder, timeoutMs: 60_000 });
    if (ended.exitCode !== 0) throw new Error(ended.stderr);
    return ended.stdout;
  }
  // A report without vulnerabilities needs no database: it lists what the scanner found installed.
  const AIR_GAPPED = ['--offline-scan', '--skip-version-check', '--disable-telemetry', '--quiet', '--list-all-pkgs'];
  const scan = async (...args: string[]) => {
    const cache = ['--cache-dir', join(folder, 'cache'), '--scanners', 'license', '--format', 'json'];
    return JSON.parse(await output(trivy, 'image', ...args, ...cache, ...AIR_GAPPED));
  };
  const installed = (report: { Results: { Packages?: { Name: string; Version: string; SrcName?: string }[] }[] }) =>
    report.Results.flatMap(({ Packages = [] }) => Packages).map(({ Name, Version }) => `${Name} ${Version}`);

  it('are known to Trivy as Debian 12, each with its packages', async () => {
    const [before, after] = [await scan('--input', old.layoutDir), await scan('--input', recent.layoutDir)];
    expect(before.Metadata.OS).toMatchObject({ Family: 'debian', Name: expect.stringMatching(/^12\./) });
    expect(before.Metadata.ImageID).toBe(old.configDigest);
    expect(installed(before)).toEqual(expect.arrayContaining(['libssl3 3.0.17', 'libwebp7 1.2.4']));
    expect(installed(after)).toEqual(expect.arrayContaining(['libcurl4 7.88.1', 'requests 2.31.0']));
    expect(installed(before)).not.toEqual(expect.arrayContaining(['libcurl4 7.88.1']));
  });

  it('are found again by digest, configuration, label and platform, as skopeo reads them', async () => {
    const pushed = await pushImage(registry, old, 'corner-shops/shop', '19.0.1');
    const index = await pushImage(registry, recent, 'corner-shops/shop', '19.0.2');
    expect([pushed.digest, index.digest]).toEqual([old.digest, recent.digest]);

    const inspect = (name: string, ...more: string[]) =>
      output(skopeo, 'inspect', '--tls-verify=false', ...more, `docker://${registry.host}/corner-shops/shop${name}`);
    const byTag = JSON.parse(await inspect(':19.0.1'));
    expect(byTag.Digest).toBe(old.digest);
    expect(byTag.Labels['org.opencontainers.image.revision']).toBe('a'.repeat(40));
    expect(byTag.RepoTags.sort()).toEqual(['19.0.1', '19.0.2']);
    const arm = JSON.parse(await inspect(`@${recent.digest}`, '--override-arch', 'arm64', '--override-os', 'linux'));
    expect([arm.Architecture, arm.Layers.length]).toEqual(['arm64', 2]);
  });

  it('can be scanned in the registry itself', async () => {
    const { reference } = await pushImage(registry, old, 'corner-shops/scanned', '19.0.1');
    const report = await scan(reference, '--image-src', 'remote');
    expect(report.Metadata.RepoDigests).toEqual([reference]);
    expect(report.Metadata.ImageID).toBe(old.configDigest);
  });

  it('are refused when a layer is missing or a digest is another', async () => {
    const broken = await makeShopImage({ ...OLD, version: '19.0.3', into: join(folder, 'broken') });
    const swapped = { ...broken, digest: old.digest };
    await expect(pushImage(registry, swapped, 'corner-shops/broken', '19.0.3')).rejects.toThrow('ENOENT');
    const answer = await fetch(`${registry.url}/v2/corner-shops/broken/manifests/19.0.3`);
    expect(answer.status).toBe(404);
  });

  it('stay apart: two registries at once share nothing', async () => {
    const other = await startRegistry();
    try {
      expect(other.host).not.toBe(registry.host);
      await pushImage(registry, old, 'corner-shops/only-here', '19.0.1');
      const answer = await fetch(`${other.url}/v2/corner-shops/only-here/tags/list`);
      expect(answer.status).toBe(404);
    } finally {
      await other.stop();
    }
    await expect(fetch(`${other.url}/v2/`)).rejects.toThrow();
    expect((await readdir(folder)).sort()).toEqual(expect.arrayContaining(['new', 'old']));
  });
});
