import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const WORKFLOW = parse(readFileSync(join(import.meta.dirname, '../../.github/workflows/release.yml'), 'utf8'));
const DIGEST = `sha256:${'a'.repeat(64)}`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillgate-steps-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program that comes before all others on PATH. */
function program(name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

/** Runs what a step of the job `checks` runs, as a runner does: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
function step(name: string, env: Record<string, string>, path = `${join(folder, 'bin')}:/usr/bin:/bin`) {
  const { run } = WORKFLOW.jobs.checks.steps.find((each: { name: string }) => each.name === name);
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_PATH: join(folder, 'path') };
  const script = join(folder, 'step.sh');
  writeFileSync(script, run);
  const said = execFileSync('/bin/bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    encoding: 'utf8',
    env: { PATH: path, RUNNER_TEMP: folder, ...files, ...env },
    cwd: folder,
    stdio: 'pipe',
  });
  const written = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return { said, output: written(files.GITHUB_OUTPUT), path: written(files.GITHUB_PATH) };
}

describe('the step that installs Trivy', () => {
  const archive = () => {
    writeFileSync(join(folder, 'trivy'), 'the program');
    execFileSync('tar', ['-czf', join(folder, 'served'), '-C', folder, 'trivy']);
    rmSync(join(folder, 'trivy'));
    // Stands for curl: the file it would have fetched.
    program('curl', `while [ "$1" != --output ]; do shift; done; cp "${join(folder, 'served')}" "$2"`);
    return createHash('sha256')
      .update(readFileSync(join(folder, 'served')))
      .digest('hex');
  };
  const ARCHIVE = 'https://example.org/trivy.tar.gz';

  it('puts it on PATH when the archive has the digest that the caller names', () => {
    const { path } = step('Install Trivy', { ARCHIVE, SHA256: archive() });
    expect(path).toBe(`${join(folder, 'trivy')}\n`);
    expect(readFileSync(join(folder, 'trivy', 'trivy'), 'utf8')).toBe('the program');
  });

  it.each([
    ['another digest', 'b'.repeat(64)],
    ['none', ''],
  ])('unpacks nothing when it has %s', (_, SHA256) => {
    archive();
    expect(() => step('Install Trivy', { ARCHIVE, SHA256 })).toThrow();
    expect([existsSync(join(folder, 'trivy', 'trivy')), existsSync(join(folder, 'path'))]).toEqual([false, false]);
  });
});

describe('the step that fetches the vulnerability database', () => {
  const fetching = (REPOSITORY: string, path?: string) =>
    step('Fetch the vulnerability database', { REPOSITORY }, path);

  it.each([
    ['mirror.example.org/trivy-db', 'mirror.example.org/trivy-db:2'],
    ['mirror.example.org:5000/trivy-db', 'mirror.example.org:5000/trivy-db:2'],
    ['mirror.example.org/trivy-db:3', 'mirror.example.org/trivy-db:3'],
    [`mirror.example.org/trivy-db@${DIGEST}`, `mirror.example.org/trivy-db@${DIGEST}`],
    ['x"; touch planted; "', 'x"; touch planted; ":2'],
    ['$(touch planted)', '$(touch planted):2'],
  ])('copies %s as %s', (repository, copied) => {
    program('skopeo', `for word in "$@"; do echo "<$word>"; done`);
    const { said, output } = fetching(repository);
    expect(said.trim().split('\n')).toEqual([
      '<copy>',
      '<--retry-times>',
      '<3>',
      `<docker://${copied}>`,
      `<oci:${join(folder, 'trivy-db')}:trivy-db>`,
    ]);
    expect(output).toBe(`path=${join(folder, 'trivy-db')}\n`);
    expect(existsSync(join(folder, 'planted'))).toBe(false);
  });

  it('fails, and names no folder, when the copy fails', () => {
    program('skopeo', 'exit 1');
    expect(() => fetching('mirror.example.org/trivy-db')).toThrow();
    expect(existsSync(join(folder, 'output'))).toBe(false);
  });

  it('leaves it to the gate where there is no skopeo', () => {
    expect(fetching('mirror.example.org/trivy-db', folder)).toMatchObject({
      said: expect.stringContaining('the gate fetches the database itself'),
      output: '',
    });
  });
});
