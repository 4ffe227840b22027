import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exampleRecord, keySetFile, NOW, newKey } from './example-record.test-kit.ts';
import { recordDigest, signRecord } from './sign-record.ts';

const CLI = fileURLToPath(new URL('./verify-record.cli.ts', import.meta.url));
const { signer, entry, privateKey } = newKey();
const file = await signRecord(exampleRecord(), signer);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-record-'));
  await writeFile(join(folder, 'record.json'), file);
  await writeFile(join(folder, 'changed.json'), file.with(200, (file[200] as number) ^ 1));
  await writeFile(join(folder, 'keys.json'), keySetFile(entry));
  await writeFile(join(folder, 'no-keys.json'), '{"schema":"https://tillgate.dev/key-set/v1"');
  await writeFile(join(folder, 'private.json'), keySetFile({ ...entry, publicKey: privateKey }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('verify-record', () => {
  it('says for people what the record allows, and exits 0', async () => {
    const { code, stdout, stderr } = await verifyRecord('record.json', '--keys', 'keys.json', '--at', NOW);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of [
      /^VALID/,
      recordDigest(file),
      signer.keyId,
      'production',
      'freeze-window-check: pass',
      'restore: run the workflow',
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  it('prints one JSON object for programs', async () => {
    const { code, stdout } = await verifyRecord('record.json', '--keys', 'keys.json', '--at', NOW, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      valid: true,
      at: NOW,
      record: exampleRecord(),
      digest: recordDigest(file),
      keyId: signer.keyId,
      algorithm: 'ed25519',
    });
  });

  it.each([
    [
      'a changed byte',
      ['changed.json', '--keys', 'keys.json', '--at', NOW],
      /^NOT VALID \((signature|not-an-envelope|not-json)\)/,
    ],
    [
      'another environment',
      ['record.json', '--keys', 'keys.json', '--at', NOW, '--environment', 'staging'],
      /^NOT VALID \(other-environment\)/,
    ],
    [
      'a record that is over',
      ['record.json', '--keys', 'keys.json', '--at', '2026-12-24T12:00:00+01:00'],
      /^NOT VALID \(expired\)/,
    ],
    ['no file', ['missing.json', '--keys', 'keys.json'], /^NOT VALID \(unreadable\)/],
    ['a folder', ['.', '--keys', 'keys.json'], /^NOT VALID \(unreadable\)/],
  ])('exits 1 for %s', async (_, args, says) => {
    expect(await verifyRecord(...args)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(says) });
  });

  it('tells programs the reason', async () => {
    const { code, stdout } = await verifyRecord(
      'record.json',
      '--keys',
      'keys.json',
      '--at',
      NOW,
      '--environment',
      'staging',
      '--json',
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      at: NOW,
      reason: 'other-environment',
      message: expect.any(String),
    });
  });

  it.each([
    ['nothing', [], /one record file is needed, 0 are given/],
    ['two files', ['record.json', 'record.json', '--keys', 'keys.json'], /2 are given/],
    ['no keys', ['record.json'], /--keys is missing/],
    ['an option it does not know', ['record.json', '--key', 'keys.json'], /--key/],
    ['a time without offset', ['record.json', '--keys', 'keys.json', '--at', '2026-11-23'], /offset/],
    ['a key set that is missing', ['record.json', '--keys', 'missing.json'], /There is no file/],
    ['a key set that is cut off', ['record.json', '--keys', 'no-keys.json'], /not complete JSON/],
    ['a key set with a private key', ['record.json', '--keys', 'private.json'], /is a private key/],
  ])('exits 2 for %s', async (_, args, says) => {
    const ended = await verifyRecord(...args);
    expect(ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(ended.stderr).not.toContain((privateKey.split('\n')[1] as string).slice(0, 16));
  });
});

/** Runs the program in the folder of the files, on the Node that runs the tests. */
function verifyRecord(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [CLI, ...args], { cwd: folder, env: {} }, (_, stdout, stderr) => {
      done({ code: child.exitCode, stdout, stderr });
    });
  });
}
