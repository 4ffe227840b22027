import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { subjectOf } from '@tillgate/release';
import { requestFrom } from './request.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const POLICY = `
extends: preset:odoo-retail
environments: { production: { timezone: Europe/Berlin } }
imageScan: { classes: { standard: { severities: [CRITICAL] } } }
`;
const subject = subjectOf({
  commit: 'c'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop', digest: DIGEST }],
});
const policy = effectivePolicy(loadPolicy(Buffer.from(POLICY)), subject, undefined, '2026-11-21T12:00:00.000Z');

let folder: string;
const before = { ...process.env };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillgate-request-'));
  process.env.GITHUB_WORKSPACE = folder;
  process.env.PATH = join(folder, 'bin');
});
afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true });
});

const NOTHING = {
  'baseline-digests': [],
  'report-file': [],
  'baseline-report-file': [],
  'vex-files': [],
  'bundle-files': [],
  platforms: [],
};
const request = (inputs: object) =>
  requestFrom({ inputs: { image: `oci:build/shop@${DIGEST}`, ...NOTHING, ...inputs }, policy, subject } as never);

describe('what the inputs ask for', () => {
  it('is decided by the policy: no input reaches it', async () => {
    const asked = await request({ severities: ['LOW'], demands: {}, policy: 'mine.yml', emergency: true });
    expect(asked.demands).toBe(policy.whole.imageScan.classes.standard);
    expect(asked.policy).toBe(policy.whole.imageScan);
    expect([asked.emergency, asked.demands.severities]).toEqual([false, ['CRITICAL']]);
  });

  it('lies in the workspace where its path is relative', async () => {
    const asked = await request({ 'db-path': 'db', 'vex-files': ['a.json', '/b.json'] });
    expect(asked.image).toEqual({ kind: 'oci-layout', path: join(folder, 'build/shop'), digest: DIGEST });
    expect([asked.databasePath, ...asked.vexFiles]).toEqual([join(folder, 'db'), join(folder, 'a.json'), '/b.json']);
  });

  it('takes a bare name of a program from PATH, and a path as it is', async () => {
    process.env.PATH = folder;
    writeFileSync(join(folder, 'trivy'), '', { mode: 0o755 });
    expect((await request({ 'trivy-path': 'trivy' })).trivyPath).toBe(join(folder, 'trivy'));
    expect((await request({ 'trivy-path': './trivy' })).trivyPath).toBe(join(folder, 'trivy'));
    await expect(request({ 'trivy-path': 'trivy2' })).rejects.toThrow('no such program on PATH');
  });

  it.each([
    ['a baseline that is no digest', { 'baseline-digests': ['latest'] }, 'which is no digest'],
    ['no image', { image: undefined }, 'image is missing'],
    ['an image by tag', { image: 'registry.example.org/shop:latest' }, 'names no digest'],
  ])('is refused with %s', async (_, inputs, why) => {
    await expect(request(inputs)).rejects.toThrow(why);
  });
});
