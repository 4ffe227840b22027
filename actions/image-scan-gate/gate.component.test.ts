import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GateContext, Values } from '@tillgate/action-kit';
import { silentLog, systemClock, systemPrograms } from '@tillgate/host';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { type Basis, conclude, instantOf, subjectOf, type Verdict } from '@tillgate/release';
import { need } from '@tillgate/testbed';
import { type Layout, makeDatabase, makeShopImage, shopPackages } from '@tillgate/testbed/registry';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { gate } from './gate.ts';
import { inputs } from './inputs.ts';

const tools = await need('trivy', 'fixture-db');
const FIXTURES = join(import.meta.dirname, '../../packages/image-scan/fixtures');
const COMMIT = 'c0ffee'.padEnd(40, '0');

const sha256Of = async (file: string) =>
  `sha256:${createHash('sha256')
    .update(await readFile(file))
    .digest('hex')}`;

/** The inputs as the frame would read them. */
function read(given: Record<string, string>): Values<typeof inputs> {
  const values = Object.entries(inputs).map(([name, kind]) => {
    const text = given[name] ?? kind.default ?? '';
    return [name, text === '' && !kind.required && kind.default === undefined ? undefined : kind.parse(text)];
  });
  return Object.fromEntries(values) as Values<typeof inputs>;
}

(tools ? describe : describe.skip)('the gate with the real Trivy', () => {
  const trivy = tools?.trivy as NonNullable<typeof tools>['trivy'];
  const before = process.env.GITHUB_WORKSPACE;
  let workspace: string;
  let policy: string;
  let production: Layout;
  let candidate: Layout;

  beforeAll(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'tillgate-gate-'));
    process.env.GITHUB_WORKSPACE = workspace;
    await makeDatabase(join(FIXTURES, 'vulnerability-database.yaml'), join(workspace, 'db'), Date.now() - 3_600_000);
    production = await makeShopImage({ version: '19.0.1', into: join(workspace, 'production') });
    candidate = await makeShopImage({
      version: '19.0.2',
      packages: shopPackages({ libwebp7: '1.2.4-0.2', libc6: '2.36-9+deb12u14' }),
      python: [{ name: 'Pillow', version: '9.4.0' }],
      labels: {
        'org.opencontainers.image.revision': COMMIT,
        'org.opencontainers.image.base.name': 'docker.io/library/debian:12-slim',
      },
      into: join(workspace, 'candidate'),
    });
    for (const { layoutDir } of [production, candidate]) {
      await cp(layoutDir, join(workspace, 'shop'), { recursive: true });
    }
    const digests = await Promise.all(
      ['trivy.db', 'metadata.json'].map((name) => sha256Of(join(workspace, 'db', name))),
    );
    policy = JSON.stringify({
      extends: 'preset:odoo-retail',
      environments: { production: { timezone: 'Europe/Berlin' } },
      imageScan: {
        trivy: { accepted: [{ version: trivy.version, sha256: await sha256Of(trivy.path) }] },
        database: { digests },
        waivers: [
          {
            id: 'W-7',
            vulnerability: 'CVE-2023-4863',
            package: 'pkg:pypi/pillow',
            environment: 'production',
            reason: 'The shop decodes no pictures.',
            owner: 'till-team',
            approvedBy: 'security-team',
            expires: instantOf(Date.now() + 3_600_000),
          },
        ],
      },
    });
  });
  afterAll(async () => {
    if (before === undefined) delete process.env.GITHUB_WORKSPACE;
    else process.env.GITHUB_WORKSPACE = before;
    await rm(workspace, { recursive: true, force: true });
  });

  async function run(given: Record<string, string>) {
    const image = `oci:shop@${candidate.digest}`;
    const subject = subjectOf({
      commit: COMMIT,
      environment: 'production',
      artifacts: [{ kind: 'image', name: 'shop', digest: candidate.digest }],
    });
    const temp = await mkdtemp(join(workspace, 'temp-'));
    const context = {
      inputs: { ...read({ 'trivy-path': trivy.path, 'db-path': 'db', ...given }), image, policy: 'release-policy.yml' },
      policy: effectivePolicy(loadPolicy(Buffer.from(policy)), subject, undefined, instantOf(Date.now())),
      subject,
      clock: systemClock,
      log: silentLog,
      programs: systemPrograms(silentLog),
      signal: new AbortController().signal,
      temp,
    } as unknown as GateContext<typeof inputs>;
    const { seen, coverage, evidence, validUntil } = await gate.observe(context);
    const findings = gate.rules.flatMap((rule) => rule.judge(seen, {} as Basis));
    const observedAt = instantOf(Date.now());
    const outcome = conclude(findings, coverage, observedAt);
    const facts = gate.facts(seen, findings);
    const basis = { class: 'standard', policy: 'sha256:0' };
    const producer = { name: 'tillgate', version: '0.1.0' };
    const verdict = {
      findings,
      facts,
      outcome,
      subject,
      basis,
      producer,
      observedAt,
    } as unknown as Verdict<'image-scan-gate'>;
    const shown = await gate.present?.(verdict, seen, context);
    return { outcome, facts, findings, evidence, validUntil, ...shown };
  }

  it('tells what is new, repaired and as before, in outputs, facts and summary', async () => {
    const { outcome, outputs, facts, summary } = await run({ 'baseline-digests': production.digest });
    expect(outcome).toBe('fail');
    expect(outputs).toEqual({
      'new-vulnerabilities': '2',
      'fixed-vulnerabilities': '2',
      'sarif-file': '',
      'sbom-file': '',
    });
    expect(facts).toMatchObject({ new: 2, fixed: 2, unchanged: 1, accepted: 1, commitBinding: 'label' });
    const parts = ['#### Upgrade first', '#### New', '#### Accepted, and by whom', 'Scanned: linux/amd64'];
    const places = parts.map((part) => summary?.indexOf(part) ?? -1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(summary).toContain('```mermaid');
    expect(summary).toContain('| CVE-2023-4863 | Pillow | waiver W-7 |');
    expect(summary).toContain('Base image: docker.io/library/debian:12-slim');
  });

  it('writes SARIF that fits the official schema, and has what is accepted as suppressed', async () => {
    const { outputs, findings } = await run({ 'baseline-digests': production.digest, 'sarif-file': 'scan.sarif' });
    expect(outputs?.['sarif-file']).toBe(join(workspace, 'scan.sarif'));
    const log = JSON.parse(await readFile(join(workspace, 'scan.sarif'), 'utf8'));
    const schema = JSON.parse(await readFile(join(FIXTURES, 'sarif-2.1.0-errata01.json'), 'utf8'));
    const ajv = new AjvDraft04.default({ strict: false, unicodeRegExp: false });
    addFormats.default(ajv);
    ajv.validate(schema, log);
    expect(ajv.errors ?? []).toEqual([]);
    const results: { ruleId: string; level: string; suppressions?: object[] }[] = log.runs[0].results;
    expect(results.map(({ ruleId }) => ruleId)).toEqual(findings.map(({ rule }) => rule));
    expect(results.filter(({ level, suppressions }) => level === 'error' && !suppressions)).toHaveLength(1);
    expect(results.filter(({ suppressions }) => suppressions)).toHaveLength(1);
  });

  it('writes a bill of materials', async () => {
    const { outputs } = await run({ 'baseline-digests': production.digest, 'sbom-file': 'bom/sbom.json' });
    expect(outputs?.['sbom-file']).toBe(join(workspace, 'bom', 'sbom.json'));
    const sbom = JSON.parse(await readFile(join(workspace, 'bom', 'sbom.json'), 'utf8'));
    expect(sbom.components).toContainEqual(expect.objectContaining({ name: 'Pillow', version: '9.4.0' }));
  });

  it('says in the document what it stands on, and for how long', async () => {
    const { evidence, validUntil } = await run({ 'baseline-digests': production.digest });
    expect(evidence.map(({ name }) => name)).toEqual(['trivy', 'vulnerability database']);
    // The waiver ends before the database is too old.
    expect(Date.parse(validUntil)).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it('is inconclusive, not green, and names no number where it has no scanner', async () => {
    await mkdir(join(workspace, 'nothing'), { recursive: true });
    const { outcome, outputs } = await run({ 'trivy-path': './nothing/trivy' });
    expect([outcome, outputs?.['new-vulnerabilities']]).toEqual(['inconclusive', '']);
  });
});
