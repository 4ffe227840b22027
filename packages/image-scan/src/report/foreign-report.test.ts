import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf, instantOf, type Sha256 } from '@tillgate/release';
import { parseImageReference } from '../image/image-reference.ts';
import type { ScanRequest } from '../observe/request.ts';
import { judged, policyOf, requestFor, told, worldIn } from '../real-scan.test-kit.ts';
import { SCAN_REPORT } from './foreign-report.ts';

const RECORDED = join(import.meta.dirname, '../../fixtures/reports');
const DATABASE = digestOf('database');
const NOW = Date.parse('2026-11-21T13:00:00Z');
const HOUR = 3_600_000;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const SIGNER = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const policy = policyOf({
  reports: { signers: [SIGNER] },
  classes: { standard: { scanners: ['vulnerabilities', 'secrets'] }, routine: { scanners: ['vulnerabilities'] } },
});

let folder: string;
const imageOf: Record<string, Sha256> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillgate-foreign-'));
  for (const name of ['production', 'candidate']) {
    imageOf[name] = JSON.parse(await readFile(join(RECORDED, `${name}.json`), 'utf8')).Metadata.ImageID;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Signing {
  database?: Sha256;
  updatedAt?: string;
  key?: KeyObject;
  predicateType?: string;
  scanners?: string[] | undefined;
  change?: (report: string) => string;
  changeAfter?: (report: string) => string;
}
let count = 0;
/** A recorded report with a signed statement about it, as somebody else's pipeline would leave both. */
async function report(name: 'production' | 'candidate', how: Signing = {}): Promise<string> {
  count += 1;
  const file = join(folder, `${name}-${count}.json`);
  const text = (how.change ?? ((same) => same))(await readFile(join(RECORDED, `${name}.json`), 'utf8'));
  await writeFile(file, (how.changeAfter ?? ((same) => same))(text));
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name, digest: { sha256: digestOf(text).slice('sha256:'.length) } }],
      predicateType: how.predicateType ?? SCAN_REPORT,
      predicate: {
        database: { digest: how.database ?? DATABASE, updatedAt: how.updatedAt ?? instantOf(NOW - HOUR) },
        ...('scanners' in how
          ? how.scanners && { scanners: how.scanners }
          : { scanners: ['vulnerabilities', 'secrets'] }),
      },
    }),
  );
  const type = 'application/vnd.in-toto+json';
  const sig = sign(
    'sha256',
    Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]),
    how.key ?? privateKey,
  );
  const envelope = {
    payloadType: type,
    payload: payload.toString('base64'),
    signatures: [{ sig: sig.toString('base64'), keyid: '' }],
  };
  await writeFile(`${file}.sigstore.json`, JSON.stringify(envelope));
  return file;
}

async function gate(change: Partial<ScanRequest>) {
  count += 1;
  const temp = join(folder, `temp-${count}`);
  await mkdir(temp);
  const request = requestFor(`docker-archive:shop.tar@${imageOf.candidate}`, policy);
  return judged({ ...request, ...change }, { ...worldIn(temp), now: NOW });
}

describe('reports that were made elsewhere', () => {
  it('are judged like those of a scan', async () => {
    const { findings, seen } = await gate({
      reportFiles: [await report('candidate')],
      baseline: [imageOf.production as Sha256],
      baselineReportFiles: [await report('production')],
    });
    expect(seen.troubles).toEqual([]);
    expect(told(findings, 'fail')).toEqual([
      'scan/new-vulnerability lang-pkgs pkg:pypi/pillow CVE-2023-4863',
      'scan/new-vulnerability os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863',
      'scan/secret private-key /opt/shop/deploy_key:2',
    ]);
    expect([
      seen.platforms[0]?.fixed,
      seen.vulnerabilities.filter(({ state }) => state === 'unchanged').length,
    ]).toEqual([2, 1]);
  });

  it('are judged only for what the class asks', async () => {
    const { findings, seen } = await gate({
      demands: policy.classes.routine,
      reportFiles: [await report('candidate', { scanners: undefined })],
    });
    expect(seen.troubles).toEqual([]);
    expect(findings.filter(({ rule }) => rule === 'scan/secret')).toEqual([]);
  });

  it.each<[string, Signing, string]>([
    ['signed by somebody else', { key: stranger }, 'scan/report-not-accepted'],
    ['changed after it was signed', { changeAfter: (text) => text.replace('HIGH', 'LOW') }, 'scan/report-not-accepted'],
    [
      'with a statement of another type',
      { predicateType: 'https://slsa.dev/provenance/v1' },
      'scan/report-not-accepted',
    ],
    ['made without looking for secrets', { scanners: ['vulnerabilities'] }, 'scan/report-not-accepted'],
    ['that does not say what was looked for', { scanners: undefined }, 'scan/report-not-accepted'],
    ['made with an old database', { updatedAt: instantOf(NOW - 72 * HOUR) }, 'scan/report-not-accepted'],
    [
      'that is old itself',
      { change: (text) => text.replace('2026-11-21T12', '2026-11-19T12') },
      'scan/report-not-accepted',
    ],
    [
      'made with a Trivy that carried somebody else’s code',
      { change: (text) => text.replace('"Version": "0.72.0"', '"Version": "0.69.5"') },
      'scan/report-not-accepted',
    ],
    [
      'from the future',
      { change: (text) => text.replace('2026-11-21T12', '2026-11-22T12') },
      'scan/report-not-accepted',
    ],
    [
      'that does not say when it was made',
      { change: (text) => text.replace('"CreatedAt"', '"MadeAt"') },
      'scan/report-unusable',
    ],
    [
      'about another image',
      { change: (text) => text.replaceAll(imageOf.candidate as string, digestOf('x')) },
      'scan/wrong-artifact',
    ],
    [
      'of which findings were left out',
      {
        change: (text) =>
          text.replace(
            '"Class": "os-pkgs"',
            '"Class": "os-pkgs", "ExperimentalModifiedFindings": [{ "Type": "vulnerability" }]',
          ),
      },
      'scan/report-unusable',
    ],
    ['cut off', { change: (text) => text.slice(0, 5_000) }, 'scan/report-unusable'],
  ])('%s makes the gate inconclusive', async (_, how, rule) => {
    const { outcome, findings } = await gate({ reportFiles: [await report('candidate', how)] });
    expect(outcome).toBe('inconclusive');
    expect(findings.filter(({ severity }) => severity === 'unknown').map((one) => one.rule)).toEqual([rule]);
  });

  it('keeps of a label no more than a finding can hold', async () => {
    const label = `"Labels": { "org.opencontainers.image.base.name": "${'x'.repeat(10_000)}",`;
    const named = await report('candidate', { change: (text) => text.replace('"Labels": {', label) });
    const { seen } = await gate({ reportFiles: [named] });
    expect(seen.base?.name).toBe('x'.repeat(500));
  });

  it('about another platform than the image has says nothing', async () => {
    const blobs = join(folder, 'arm', 'blobs', 'sha256');
    await mkdir(blobs, { recursive: true });
    const put = async (value: object) => {
      const digest = digestOf(JSON.stringify(value));
      await writeFile(join(blobs, digest.slice('sha256:'.length)), JSON.stringify(value));
      return digest;
    };
    const config = await put({ os: 'linux', architecture: 'arm64' });
    const manifest = await put({ schemaVersion: 2, config: { digest: config, size: 1 }, layers: [] });
    // The recorded report is of amd64; it is made to name this very image.
    const named = await report('candidate', { change: (text) => text.replaceAll(imageOf.candidate as string, config) });
    const { outcome, findings } = await gate({
      image: parseImageReference(`oci:${join(folder, 'arm')}@${manifest}`),
      reportFiles: [named],
      platforms: ['linux/arm64/v8'],
    });
    expect([outcome, told(findings, 'unknown')]).toEqual(['inconclusive', ['scan/wrong-artifact linux/arm64']]);
    expect(findings[0]?.message).toContain('for linux/amd64; it is for linux/arm64');
  });

  it('cannot be compared when another database was asked', async () => {
    const { findings } = await gate({
      reportFiles: [await report('candidate')],
      baseline: [imageOf.production as Sha256],
      baselineReportFiles: [await report('production', { database: digestOf('another') })],
    });
    expect(told(findings, 'unknown')).toEqual(['scan/baseline-unknown database']);
  });

  it('without one of what production runs: the baseline is unknown', async () => {
    const { findings } = await gate({
      reportFiles: [await report('candidate')],
      baseline: [digestOf('running')],
    });
    expect(told(findings, 'unknown').map((one) => one.split(' ')[0])).toEqual(['scan/wrong-artifact']);
  });
});
