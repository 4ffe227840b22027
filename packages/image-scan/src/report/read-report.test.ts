import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readReport } from './read-report.ts';
import { selectJson } from './select-json.ts';
import type { Shape } from './selection.ts';

const RECORDED = join(import.meta.dirname, '../../fixtures/reports');
const IMAGE = `sha256:${'a'.repeat(64)}`;
const VULNERABILITY = {
  VulnerabilityID: 'CVE-2023-4863',
  PkgName: 'libwebp7',
  PkgIdentifier: { PURL: 'pkg:deb/debian/libwebp7@1.2.4-0.2?arch=amd64&distro=debian-12.11' },
  InstalledVersion: '1.2.4-0.2',
  Severity: 'HIGH',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillgate-report-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'report.json');
  await writeFile(path, content);
  return path;
}
const report = (
  change: object = {},
  results: unknown = [{ Target: 'shop', Class: 'os-pkgs', Packages: [{ Name: 'x' }] }],
) => ({
  SchemaVersion: 2,
  ArtifactType: 'container_image',
  Metadata: { ImageID: IMAGE, OS: { Family: 'debian', Name: '12.11' } },
  Results: results,
  ...change,
});
const withVulnerabilities = (...list: object[]) =>
  report({}, [
    { Target: 'shop', Class: 'os-pkgs', Vulnerabilities: list.map((one) => ({ ...VULNERABILITY, ...one })) },
  ]);
const reading = async (value: unknown) => readReport(await file(JSON.stringify(value)));

describe('a report as Trivy wrote it', () => {
  it('is read with everything that is judged', async () => {
    const { vulnerabilities, ...rest } = await readReport(join(RECORDED, 'candidate.json'));
    expect(
      vulnerabilities.map(({ key, installed, fixed, severity, path }) => [key, installed, fixed, severity, path]),
    ).toEqual([
      [
        'lang-pkgs pkg:pypi/pillow CVE-2023-4863',
        '9.4.0',
        '10.0.1',
        'HIGH',
        'usr/local/lib/python3.11/dist-packages/Pillow-9.4.0.dist-info/METADATA',
      ],
      ['os-pkgs pkg:deb/debian/libexpat1 CVE-2026-45186', '2.5.0-1+deb12u1', '2.5.0-1+deb12u4', 'LOW', ''],
      ['os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863', '1.2.4-0.2', '1.2.4-0.2+deb12u1', 'HIGH', ''],
    ]);
    expect(rest).toMatchObject({
      scannerVersion: '0.72.0',
      platform: 'linux/amd64',
      os: { family: 'debian', name: '12.11', endOfLife: false },
      packages: 11,
      suppressed: 0,
      secrets: [{ rule: 'private-key', severity: 'HIGH', place: '/opt/shop/deploy_key:2' }],
      misconfigurations: [{ id: 'DS-0026', severity: 'LOW' }],
    });
  });
});

describe('a report that cannot be judged is refused', () => {
  it.each([
    ['empty', '', 'no complete JSON'],
    ['null', 'null', 'schema unknown'],
    ['an array (schema 1)', '[{"Target":"shop","Vulnerabilities":[]}]', 'schema unknown'],
    ['of schema 3', JSON.stringify(report({ SchemaVersion: 3 })), 'schema 3'],
    ['of schema "2"', JSON.stringify(report({ SchemaVersion: '2' })), 'schema "2"'],
    ['cut in the middle', JSON.stringify(withVulnerabilities({})).slice(0, 200), 'no complete JSON'],
    ['followed by something else', `${JSON.stringify(report())} {}`, 'no complete JSON'],
    [
      'with NaN for a score',
      '{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"V3Score":NaN}]}]}',
      'no complete JSON',
    ],
    ['about a folder', JSON.stringify(report({ ArtifactType: 'filesystem' })), 'filesystem'],
    ['about no image', JSON.stringify(report({ Metadata: {} })), 'which image'],
    [
      'with a vulnerability without an id',
      JSON.stringify(withVulnerabilities({ VulnerabilityID: '' })),
      'without an id',
    ],
    [
      'with a vulnerability before its class',
      '{"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-1","PkgName":"x"}],"Class":"os-pkgs"}]}',
      'rewritten',
    ],
    ['nested without end', `{"Results":${'['.repeat(100_000)}`, 'nested'],
  ])('%s', async (_, content, why) => {
    await expect(readReport(await file(content))).rejects.toThrow(why);
  });

  it('not UTF-8', async () => {
    await expect(readReport(await file(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])))).rejects.toThrow('no complete JSON');
  });

  it('a folder, and one that is not there', async () => {
    await expect(readReport(folder)).rejects.toThrow('EISDIR');
    await expect(readReport(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
  });
});

describe('a strange report', () => {
  it.each([
    ['without Results', undefined],
    ['with Results that are null', null],
    ['with Results that are a text', 'none'],
  ])('%s has no packages and no findings', async (_, results) => {
    const { packages, vulnerabilities } = await reading(report({ Results: results }));
    expect([packages, vulnerabilities]).toEqual([0, []]);
  });

  it('counts the same entry once, and each place of it', async () => {
    const { vulnerabilities } = await reading(
      withVulnerabilities({}, {}, { PkgPath: 'a' }, { PkgPath: 'b' }, { PkgPath: 'a' }),
    );
    expect(vulnerabilities.map(({ path }) => path)).toEqual(['', 'a', 'b']);
  });

  it('takes an unknown severity for UNKNOWN, and what is no text for none', async () => {
    const { vulnerabilities } = await reading(withVulnerabilities({ Severity: 'GRAVE', PublishedDate: 20250403 }));
    expect(vulnerabilities[0]).toMatchObject({ severity: 'UNKNOWN', published: '' });
  });

  it.each([
    ['pkg:npm/%40angular/core@17.0.0', 'pkg:npm/%40angular/core'],
    ['pkg:npm/@angular/core@17.0.0', 'pkg:npm/%40angular/core'],
    ['pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12.4', 'pkg:deb/debian/libstdc%2B%2B6'],
    ['pkg:deb/debian/libstdc++6@12.2.0-14?distro=debian-12.11', 'pkg:deb/debian/libstdc%2B%2B6'],
    ['pkg:pypi/Django_REST@1.0', 'pkg:pypi/django-rest'],
    ['not a purl', ''],
    ['pkg:deb/%E0%A4%A@1', ''],
  ])('knows the package of %s', async (purl, expected) => {
    const { vulnerabilities } = await reading(withVulnerabilities({ PkgIdentifier: { PURL: purl } }));
    expect(vulnerabilities[0]?.purl).toBe(expected);
    expect(vulnerabilities[0]?.key).toBe(`os-pkgs ${expected || 'libwebp7'} CVE-2023-4863`);
  });

  it('cannot reach what it does not own through its member names', async () => {
    await reading(
      JSON.parse(
        '{"__proto__":{"polluted":1},"SchemaVersion":2,"ArtifactType":"container_image","Metadata":{"ImageID":"' +
          IMAGE +
          '","ImageConfig":{"config":{"Labels":{"__proto__":"x"}}}}}',
      ),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('reading piece by piece', () => {
  const tree: Shape = 'tree';

  it('gives what JSON.parse gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        const path = await file(JSON.stringify(value));
        expect(JSON.parse(JSON.stringify(await selectJson(path, tree, 1e6)))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('keeps what a shape names and drops the rest, whatever lies there', async () => {
    const shape: Shape = { members: { a: 'scalar', b: { each: { members: { c: 'scalar' } } } } };
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), async (x, y) => {
        const path = await file(
          JSON.stringify({
            x,
            a: 1,
            y,
            b: [
              { x, c: 'd' },
              { y, c: null },
            ],
            z: [x, y],
          }),
        );
        const kept = JSON.parse(JSON.stringify(await selectJson(path, shape, 1e6)));
        expect(kept).toEqual({ a: 1, b: [{ c: 'd' }, { c: null }] });
      }),
      { numRuns: 100 },
    );
  });

  it('reads no more than it may', async () => {
    await expect(selectJson(await file(JSON.stringify('x'.repeat(2_000))), tree, 1_000)).rejects.toThrow(
      'more than the 1000',
    );
  });
});
