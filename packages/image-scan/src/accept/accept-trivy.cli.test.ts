import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';

const CLI = join(import.meta.dirname, 'accept-trivy.cli.ts');
const POLICY = `# What our shops ask of a release.
extends: preset:odoo-retail
environments: { production: { timezone: Europe/Berlin } }
`;
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let archive: string;
let policy: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillgate-accept-test-'));
  [archive, policy] = [join(folder, 'trivy.tar.gz'), join(folder, 'release-policy.yml')];
  writeFileSync(join(folder, 'trivy'), 'the program');
  writeFileSync(join(folder, 'README.md'), 'read me');
  execFileSync('tar', ['-czf', archive, '-C', folder, 'README.md', 'trivy']);
  writeFileSync(policy, POLICY);
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], { encoding: 'utf8' });
const accept = (version = '0.72.0', digest = sha256(readFileSync(archive))) =>
  run(archive, '--version', version, '--sha256', digest, '--policy', policy);
const accepted = () => loadPolicy(readFileSync(policy)).policy.imageScan.trivy.accepted;

describe('accept-trivy', () => {
  it('writes the program of the archive into the policy, and says what the workflow needs', () => {
    const { status, stdout, stderr } = accept();
    expect([status, stderr]).toEqual([0, '']);
    // Computed by sha256sum of coreutils over "the program".
    const digest = execFileSync('sha256sum', [join(folder, 'trivy')], { encoding: 'utf8' }).slice(0, 64);
    expect(accepted()).toEqual([{ version: '0.72.0', sha256: `sha256:${digest}` }]);
    expect(readFileSync(policy, 'utf8')).toContain('# What our shops ask of a release.');
    expect(stdout).toContain(`trivy-archive-sha256: ${sha256(readFileSync(archive))}`);
  });

  it('adds to those that are there, once', () => {
    const other = { version: '0.71.0', sha256: `sha256:${'b'.repeat(64)}` };
    writeFileSync(
      policy,
      `${POLICY}imageScan:\n  trivy:\n    accepted:\n      - { version: 0.71.0, sha256: "${other.sha256}" } # until May\n`,
    );
    accept();
    const once = readFileSync(policy, 'utf8');
    expect(accept().stdout).toContain('already');
    expect(readFileSync(policy, 'utf8')).toBe(once);
    expect(accepted()).toEqual([other, { version: '0.72.0', sha256: `sha256:${sha256('the program')}` }]);
    expect(once).toContain('# until May');
  });

  it.each([
    ['an archive that is another one', () => accept('0.72.0', 'a'.repeat(64)), 'another archive than you mean'],
    ['a version that was published with somebody else’s code', () => accept('0.69.5'), 'CVE-2026-33634'],
    ['a version that is none', () => accept('latest'), 'no version'],
    ['a digest that is none', () => accept('0.72.0', 'abc'), '64 hex digits'],
    ['no digest', () => run(archive, '--version', '0.72.0', '--policy', policy), 'usage'],
  ])('refuses %s, and leaves the policy as it is', (_, refused, why) => {
    const { status, stderr } = refused();
    expect([status, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(readFileSync(policy, 'utf8')).toBe(POLICY);
  });

  it('refuses a policy that is none', () => {
    writeFileSync(policy, `${POLICY}imagescan: {}\n`);
    const { status, stderr } = accept();
    expect([status, stderr]).toEqual([1, expect.stringContaining('line 4, column 1')]);
  });
});
