import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const FINDINGS = 1_000_000;
/** MiB: what is kept of a million findings fits, and the findings as they stand in the report do not. */
const HEAP = 512;

/** A report of a million findings: every tenth is there twice, every second is HIGH. */
function* report(): Generator<string> {
  const head = { SchemaVersion: 2, ArtifactType: 'container_image', Metadata: { ImageID: `sha256:${'a'.repeat(64)}` } };
  yield `${JSON.stringify(head).slice(0, -1)},"Results":[{"Target":"shop","Class":"os-pkgs","Vulnerabilities":[`;
  const Description = 'A flaw was found in it. '.repeat(8);
  for (let start = 0; start < FINDINGS; start += 1_000) {
    const findings = Array.from({ length: 1_000 }, (_, at) => {
      const index = start + at - (at % 10 === 9 ? 1 : 0);
      return JSON.stringify({
        VulnerabilityID: `CVE-2024-${FINDINGS + index}`,
        PkgName: `lib${index % 900}`,
        Severity: index % 2 === 0 ? 'HIGH' : 'LOW',
        Description,
      });
    });
    yield `${start === 0 ? '' : ','}${findings.join(',')}`;
  }
  yield ']}]}';
}

/** Reads the report in a process whose heap is bounded, and tells what was read. */
const READER = `
  import { readReport } from './read-report.ts';
  const { vulnerabilities } = await readReport(process.argv[1]);
  console.log(JSON.stringify({
    count: vulnerabilities.length,
    high: vulnerabilities.filter(({ severity }) => severity === 'HIGH').length,
    packages: new Set(vulnerabilities.map(({ packageName }) => packageName)).size,
    ids: new Set(vulnerabilities.map(({ id }) => id)).size,
    first: vulnerabilities[0].key,
  }));`;

describe('a report of a million findings', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tillgate-million-'));
    file = join(folder, 'report.json');
    await pipeline(report, createWriteStream(file));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is read whole, and of each finding only what is judged stays in memory', async () => {
    expect((await stat(file)).size).toBeGreaterThan((HEAP / 2) * 1024 * 1024);
    const args = [`--max-old-space-size=${HEAP}`, '--input-type=module', '--eval', READER, file];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
    expect(JSON.parse(stdout)).toEqual({
      // Of ten, the ninth is there twice and the tenth is not.
      count: FINDINGS * 0.9,
      high: FINDINGS * 0.5,
      packages: 900 * 0.9,
      ids: FINDINGS * 0.9,
      first: 'os-pkgs lib0 CVE-2024-1000000',
    });
  }, 300_000);
});
