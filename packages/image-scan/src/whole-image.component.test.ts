import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { need } from '@tillgate/testbed';
import { AMD64, ARM64, type Layout, makeShopImage, shopPackages } from '@tillgate/testbed/registry';
import { writeBillsOfMaterials } from './output/bill-of-materials.ts';
import {
  FIXTURES,
  oneLayout,
  openWorkbench,
  sha256OfFile,
  told,
  type Workbench,
  worldIn,
} from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db', 'skopeo');
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'bm90IGEga2V5IGJ1dCB0aGUgZm9ybSBvZiBvbmU'.repeat(8)}\n-----END OPENSSH PRIVATE KEY-----\n`;
const KEV = join(FIXTURES, 'known-exploited.json');

(tools ? describe : describe.skip)('what a class can ask of an image', () => {
  let bench: Workbench;
  let production: Layout;
  let candidate: Layout;
  let layout: string;

  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
    const packages = shopPackages({ libwebp7: '1.2.4-0.2' });
    production = await makeShopImage({ version: '19.0.1', packages, into: join(bench.folder, 'production') });
    candidate = await makeShopImage({
      version: '19.0.2',
      packages,
      platforms: [AMD64, ARM64],
      files: [{ path: 'opt/shop/deploy_key', content: KEY }],
      labels: {
        'org.opencontainers.image.revision': 'd'.repeat(40),
        'org.opencontainers.image.base.name': 'docker.io/library/debian:12-slim',
      },
      into: join(bench.folder, 'candidate'),
    });
    layout = await oneLayout(join(bench.folder, 'both'), [production, candidate]);
  });
  afterAll(() => bench?.close());

  const reference = (image: Layout) => `oci:${layout}@${image.digest}`;
  const asked = async (demands: object, said: object = {}) => {
    const policy = await bench.policy({ classes: { standard: demands }, ...said });
    return { policy, demands: policy.classes.standard, baseline: [production.digest] };
  };

  it('secrets in files, in every platform; production does not excuse them', async () => {
    const { findings } = await bench.scan(reference(candidate), await asked({ scanners: ['secrets'] }));
    const secrets = findings.filter(({ rule }) => rule === 'scan/secret');
    expect(secrets.map(({ unit, place, severity }) => [unit, place, severity])).toEqual([
      ['linux/amd64', '/opt/shop/deploy_key:2', 'fail'],
      ['linux/arm64', '/opt/shop/deploy_key:2', 'fail'],
    ]);
    expect(JSON.stringify(findings)).not.toContain('bm90IGEga2V5');
  });

  it('the configuration of the image', async () => {
    const { findings } = await bench.scan(
      reference(candidate),
      await asked({ scanners: ['configuration'], severities: ['LOW'] }),
    );
    expect(told(findings, 'fail').filter((one) => one.startsWith('scan/image-configuration'))).toEqual(
      Array(2).fill('scan/image-configuration DS-0026'),
    );
  });

  it('known exploited vulnerabilities, though production has them too', async () => {
    // The recorded catalogue is of one day, the test of any: its age is not the question here.
    const kev = { digests: [await sha256OfFile(KEV)], maxAge: '3650d' };
    const request = { ...(await asked({ blocksOn: 'new-and-exploited' }, { kev })), kevFile: KEV };
    const { findings, seen } = await bench.scan(reference(production), { ...request, baseline: [candidate.digest] });
    expect(told(findings, 'fail')).toEqual(['scan/known-exploited os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863']);
    expect(seen.exploitedAsOf).toEqual({ released: '2026-11-20T15:00:00.000Z', stale: false });
  });

  it('that the catalogue is of these days', async () => {
    const kev = { digests: [await sha256OfFile(KEV)], maxAge: '1m' };
    const request = { ...(await asked({ blocksOn: 'new-and-exploited' }, { kev })), kevFile: KEV };
    const { findings, outcome } = await bench.scan(reference(production), { ...request, baseline: [candidate.digest] });
    expect(told(findings, 'unknown')).toEqual(['scan/exploited-unknown catalogue']);
    expect(outcome).not.toBe('pass');
  });

  it('that what has a fix for long is repaired, though production has it too', async () => {
    const { findings } = await bench.scan(reference(candidate), await asked({ fixOverdueAfter: '30d' }));
    expect(told(findings, 'fail').filter((one) => one.includes('overdue'))).toEqual(
      // libwebp's was published in 2023, glibc's in March 2026: the facts have both dates.
      [
        'scan/overdue-fix os-pkgs pkg:deb/debian/libc6 CVE-2026-4437',
        'scan/overdue-fix os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863',
      ],
    );
  });

  describe('and what it takes', () => {
    const WAIVER = {
      id: 'W-1',
      vulnerability: 'CVE-2023-4863',
      package: 'pkg:deb/debian/libwebp7',
      environment: 'production',
      reason: 'The shop decodes no pictures.',
      owner: 'till-team',
      approvedBy: 'security-team',
      expires: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const WEBP = 'scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863';
    const scanned = async (change: object, said: object) =>
      bench.scan(reference(production), { ...(await asked({}, said)), baseline: [], ...change });
    const accepted = ({ findings }: { findings: { accepted?: unknown; key: string }[] }) =>
      findings.filter((one) => one.accepted).map((one) => [one.key, one.accepted]);

    it('a waiver of the policy, with its authority in the finding', async () => {
      const judged = await scanned({}, { waivers: [WAIVER] });
      expect(told(judged.findings, 'fail')).not.toContain(WEBP);
      expect(accepted(judged)).toEqual([
        ['os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863', expect.objectContaining({ by: 'waiver', id: 'W-1' })],
      ]);
    });

    it('never as production’s own what an emergency let through, long after the waiver has ended', async () => {
      const expires = new Date(Date.now() - 86_400_000).toISOString();
      const waivers = [{ ...WAIVER, onlyFor: 'emergency', expires }];
      const ordinary = { baseline: [candidate.digest] };
      expect(told((await scanned(ordinary, {})).findings, 'fail')).toEqual([]);
      expect(told((await scanned(ordinary, { waivers })).findings, 'fail')).toEqual([WEBP]);
    });

    it('an OpenVEX document that the policy names, and none that it does not', async () => {
      const file = join(bench.folder, 'shop.openvex.json');
      const statement = {
        vulnerability: { name: 'CVE-2023-4863' },
        products: [{ '@id': 'pkg:deb/debian/libwebp7' }],
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
      };
      await writeFile(
        file,
        JSON.stringify({
          '@context': 'https://openvex.dev/ns/v0.2.0',
          '@id': 'https://shop.example.org/vex/1',
          timestamp: new Date().toISOString(),
          statements: [statement],
        }),
      );
      const believed = await scanned({ vexFiles: [file] }, { vex: { digests: [await sha256OfFile(file)] } });
      expect(told(believed.findings, 'fail')).not.toContain(WEBP);
      expect(accepted(believed)).toEqual([
        [expect.any(String), expect.objectContaining({ by: 'vex', id: 'https://shop.example.org/vex/1' })],
      ]);
      const stranger = await scanned({ vexFiles: [file] }, {});
      expect(told(stranger.findings, 'fail')).toContain(WEBP);
      expect(told(stranger.findings, 'warn')).toContainEqual(
        expect.stringContaining(`scan/idle-acceptance vex ${file}`),
      );
    });
  });

  it('a catalogue that the policy does not believe is no catalogue', async () => {
    const { findings, outcome } = await bench.scan(reference(candidate), {
      ...(await asked({ blocksOn: 'new-and-exploited' })),
      kevFile: KEV,
    });
    expect(told(findings, 'unknown')).toEqual(['scan/exploited-unknown catalogue', `scan/acceptance-unusable ${KEV}`]);
    expect(outcome).not.toBe('pass');
  });

  it('that it is of the commit of the release: a label that says otherwise stops it', async () => {
    const { findings, seen } = await bench.scan(reference(candidate), await asked({}));
    expect(told(findings, 'fail')).toContain(`scan/unproven-source ${candidate.digest}`);
    expect([seen.commitBinding, seen.base]).toEqual(['none', { name: 'docker.io/library/debian:12-slim' }]);
  });

  it('a bill of materials for every platform, in CycloneDX', async () => {
    const observation = await bench.scan(reference(candidate), await asked({}));
    const files = await writeBillsOfMaterials(observation, join(bench.folder, 'sbom.json'), worldIn(bench.folder));
    expect(files).toEqual([join(bench.folder, 'sbom.json'), join(bench.folder, 'sbom.linux-arm64.json')]);
    for (const [index, file] of files.entries()) {
      const sbom = JSON.parse(await readFile(file, 'utf8'));
      expect([sbom.bomFormat, sbom.specVersion]).toEqual(['CycloneDX', expect.stringMatching(/^1\.\d$/)]);
      const purls = sbom.components.map(({ purl = '' }: { purl?: string }) => purl);
      expect(purls).toContainEqual(expect.stringContaining('pkg:deb/debian/libwebp7@1.2.4-0.2'));
      expect(purls.join()).toContain(index === 0 ? 'arch=amd64' : 'arch=arm64');
    }
  });

  it('of a docker-archive too, by its image id', async () => {
    const archive = join(bench.folder, 'shop.tar');
    const { skopeo } = tools as NonNullable<typeof tools>;
    const env = { PATH: process.env.PATH ?? '', HOME: bench.folder, ...skopeo.env };
    const args = ['copy', '--insecure-policy', `oci:${production.layoutDir}`, `docker-archive:${archive}:shop:1`];
    const ended = await systemPrograms(silentLog).run(skopeo.path, args, { env, cwd: bench.folder, timeoutMs: 60_000 });
    expect(ended.stderr).toBe('');
    const right = await bench.scan(`docker-archive:${archive}@${production.configDigest}`);
    expect(right.seen.troubles).toEqual([]);
    expect(right.seen.vulnerabilities.map(({ vulnerability: { id } }) => id)).toContain('CVE-2023-4863');
    const wrong = await bench.scan(`docker-archive:${archive}@${candidate.configDigest}`);
    expect([wrong.outcome, told(wrong.findings, 'unknown')]).toEqual([
      'inconclusive',
      [`scan/wrong-artifact ${candidate.configDigest}`],
    ]);
  });
});
