import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { need } from '@tillgate/testbed';
import { makeShopImage, shopPackages } from '@tillgate/testbed/registry';
import { COMMIT, FIXTURES, openWorkbench, type Workbench } from './real-scan.test-kit.ts';

/** With TILLGATE_RECORD=1 the recordings are made anew instead of compared. */
const RECORD = process.env.TILLGATE_RECORD === '1';
const tools = await need('trivy', 'fixture-db');
/** The form of a private key, and no key: what a scanner for secrets looks for. */
const PRIVATE_KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'bm90IGEga2V5IGJ1dCB0aGUgZm9ybSBvZiBvbmU'.repeat(8)}\n-----END OPENSSH PRIVATE KEY-----\n`;
const labels = { 'org.opencontainers.image.revision': COMMIT };

(tools ? describe : describe.skip)('the recorded reports', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
  });
  afterAll(() => bench?.close());

  it.each([
    ['production', { version: '19.0.1', labels, python: [{ name: 'requests', version: '2.31.0' }] }],
    [
      'candidate',
      {
        version: '19.0.3',
        labels,
        packages: shopPackages({ libwebp7: '1.2.4-0.2', libc6: '2.36-9+deb12u14' }),
        python: [{ name: 'Pillow', version: '9.4.0' }],
        files: [{ path: 'opt/shop/deploy_key', content: PRIVATE_KEY }],
      },
    ],
  ])('%s is what Trivy still says', async (name, request) => {
    const layout = await makeShopImage({ ...request, into: join(bench.folder, name) });
    const policy = await bench.policy({
      classes: { standard: { scanners: ['vulnerabilities', 'secrets', 'configuration'] } },
    });
    const { reports } = await bench.scan(`oci:${layout.layoutDir}@${layout.digest}`, { policy });
    const said = timeless(await readFile(reports.candidate[0]?.path ?? '', 'utf8'));
    const recording = join(FIXTURES, 'reports', `${name}.json`);
    if (RECORD) {
      await mkdir(join(FIXTURES, 'reports'), { recursive: true });
      await writeFile(recording, said);
    }
    expect(said).toBe(await readFile(recording, 'utf8'));
  });
});

/** A report without what differs from run to run: its id, the time, the folder that was scanned and what is hashed from it. */
function timeless(text: string): string {
  const report = JSON.parse(text);
  const fixed = { ...report, ReportID: 'recorded', CreatedAt: '2026-11-21T12:00:00Z' };
  const named = JSON.stringify(fixed, (key, value) => (key === 'Fingerprint' ? 'recorded' : value), 1);
  return `${named.replaceAll(report.ArtifactName, 'shop')}\n`;
}
