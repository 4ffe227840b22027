import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SCAN_REPORT } from '@tillgate/image-scan/observe';

/** Two reports of the same size: what production runs and what is to be released, with their signatures. */
export interface ReportPair {
  candidate: { file: string; image: string };
  baseline: { file: string; image: string };
  publicKey: string;
  /** Vulnerabilities in each, and how many of the candidate's the baseline does not have. */
  count: number;
  fresh: number;
}

const CANDIDATE = `sha256:${'a'.repeat(64)}`;
const BASELINE = `sha256:${'b'.repeat(64)}`;
/** One in so many vulnerabilities of the candidate is new. */
const NEW_EVERY = 50;

/**
 * Writes reports as Trivy formats them (two blanks of indentation, long descriptions and lists of
 * references), until each has `bytes`.
 */
export async function makeReports(folder: string, bytes: number): Promise<ReportPair> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = { candidate: join(folder, 'candidate.json'), baseline: join(folder, 'baseline.json') };
  const count = await writeReport(files.candidate, CANDIDATE, bytes, (index) => `CVE-2024-${100_000 + index}`);
  await writeReport(files.baseline, BASELINE, bytes, (index) =>
    index % NEW_EVERY === 0 ? `CVE-2023-${100_000 + index}` : `CVE-2024-${100_000 + index}`,
  );
  for (const file of Object.values(files)) await signReport(file, privateKey);
  return {
    candidate: { file: files.candidate, image: CANDIDATE },
    baseline: { file: files.baseline, image: BASELINE },
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    count,
    fresh: Math.ceil(count / NEW_EVERY),
  };
}

async function writeReport(
  file: string,
  image: string,
  bytes: number,
  idOf: (index: number) => string,
): Promise<number> {
  let count = 0;
  await pipeline(function* () {
    const head = {
      SchemaVersion: 2,
      Trivy: { Version: '0.72.0' },
      CreatedAt: new Date().toISOString(),
      ArtifactType: 'container_image',
      Metadata: {
        OS: { Family: 'debian', Name: '12.11' },
        ImageID: image,
        ImageConfig: { architecture: 'amd64', os: 'linux' },
      },
      Results: [{ Target: 'shop (debian 12.11)', Class: 'os-pkgs', Type: 'debian', Vulnerabilities: [] }],
    };
    const [before = '', after = ''] = JSON.stringify(head, null, 2).split('[]');
    let written = before.length;
    yield `${before}[\n`;
    for (; written < bytes; count += 1) {
      const text = `${count > 0 ? ',\n' : ''}${JSON.stringify(vulnerability(idOf(count), count), null, 2).replace(/^/gm, '        ')}`;
      written += text.length;
      yield text;
    }
    yield `\n      ]${after}\n`;
  }, createWriteStream(file));
  return count;
}

function vulnerability(id: string, index: number) {
  const name = `lib${index % 900}`;
  return {
    VulnerabilityID: id,
    PkgID: `${name}@1.${index % 7}-1`,
    PkgName: name,
    PkgIdentifier: {
      PURL: `pkg:deb/debian/${name}@1.${index % 7}-1?arch=amd64&distro=debian-12.11`,
      UID: '183ee23fbe935606',
    },
    InstalledVersion: `1.${index % 7}-1`,
    FixedVersion: `1.${(index % 7) + 1}-1`,
    Status: 'fixed',
    Layer: { Digest: CANDIDATE, DiffID: BASELINE },
    SeveritySource: 'nvd',
    PrimaryURL: `https://avd.aquasec.com/nvd/${id.toLowerCase()}`,
    DataSource: {
      ID: 'debian',
      Name: 'Debian Security Tracker',
      URL: 'https://salsa.debian.org/security-tracker-team/security-tracker',
    },
    Fingerprint: CANDIDATE,
    Title: `${name}: heap "use" after free`,
    Description: `A flaw was found in ${name}. `.repeat(12),
    Severity: ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'][index % 4],
    CweIDs: ['CWE-416'],
    VendorSeverity: { nvd: 3, redhat: 2 },
    CVSS: { nvd: { V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', V3Score: 9.8 } },
    References: Array.from({ length: 4 }, (_, at) => `https://nvd.nist.gov/vuln/detail/${id}#${at}`),
    PublishedDate: '2025-04-03T17:15:00Z',
    LastModifiedDate: '2025-04-03T17:15:00Z',
  };
}

async function signReport(file: string, key: KeyObject): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'report', digest: { sha256: hash.digest('hex') } }],
    predicateType: SCAN_REPORT,
    predicate: { database: { digest: CANDIDATE, updatedAt: new Date().toISOString() } },
  };
  const payloadType = 'application/vnd.in-toto+json';
  const payload = Buffer.from(JSON.stringify(statement));
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const sig = sign('sha256', encoded, key).toString('base64');
  const envelope = { payloadType, payload: payload.toString('base64'), signatures: [{ sig, keyid: '' }] };
  await writeFile(`${file}.sigstore.json`, JSON.stringify(envelope));
}
