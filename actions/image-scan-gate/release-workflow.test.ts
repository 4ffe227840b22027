import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

interface Step {
  name: string;
  uses?: string;
  run?: string;
}
const workflow = readFileSync(join(import.meta.dirname, '../../.github/workflows/release.yml'), 'utf8');
const jobs: Record<string, { steps: Step[] }> = parse(workflow).jobs;
const stepsOf = (job: string) => jobs[job]?.steps ?? [];

describe('the job that scans, in the release workflow', () => {
  it('runs no code of the release: it fetches files, installs the scanner and its database, and runs gates', () => {
    const kinds = stepsOf('checks').map(({ name, uses, run }) => uses?.split('@')[0] ?? (run && name));
    expect(kinds).toEqual([
      '$/actions/freeze-window-check',
      'Install Trivy',
      'Fetch the vulnerability database',
      'actions/download-artifact',
      '$/actions/image-scan-gate',
      'actions/upload-artifact',
      'actions/upload-artifact',
    ]);
  });

  it('and no other job of it checks the release out', () => {
    const used = Object.keys(jobs).flatMap((job) => stepsOf(job).map(({ uses }) => uses ?? ''));
    expect(used.filter((uses) => uses.startsWith('actions/checkout'))).toEqual([]);
  });
});
