import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signActRecord } from './act-record.ts';
import { deliveryOf, recoveryOf } from './example-acts.test-kit.ts';
import { exampleRecord, keySetFile, NOW, newKey } from './example-record.test-kit.ts';
import { recordDigest, signRecord } from './sign-record.ts';

const CLI = fileURLToPath(new URL('./verify-record.cli.ts', import.meta.url));
const { signer, entry, privateKey } = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const file = await signRecord(exampleRecord(), signer);
const delivery = await signActRecord(deliveryOf(file), signer);
const recovery = await signActRecord(recoveryOf(file, delivery), signer);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-record-'));
  await writeFile(join(folder, 'record.json'), file);
  await writeFile(join(folder, 'delivery.json'), delivery);
  await writeFile(join(folder, 'recovery.json'), recovery);
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

  it('says what became of a release, and exits 0', async () => {
    const { code, stdout } = await verifyRecord('delivery.json', '--keys', 'keys.json', '--at', NOW);
    expect(code).toBe(0);
    for (const part of [/delivery record, number 4/, recordDigest(file), /end +promoted/, /by nothing/])
      expect(stdout).toMatch(part);
  });

  it('checks a chain of records of all kinds', async () => {
    const files = ['recovery.json', 'record.json', 'delivery.json'];
    const { code, stdout } = await verifyRecord(...files, '--keys', 'keys.json', '--at', NOW);
    expect(code).toBe(0);
    expect(stdout).toMatch(/release record, number 3[\s\S]*delivery record, number 4[\s\S]*recovery record, number 5/);
    expect(stdout).toMatch(/reason +wrong prices/);
    const { stdout: json } = await verifyRecord(...files, '--keys', 'keys.json', '--at', NOW, '--json');
    expect(JSON.parse(json).chain.map(({ digest }: { digest: string }) => digest)).toEqual(
      [file, delivery, recovery].map(recordDigest),
    );
    const broken = await verifyRecord('record.json', 'recovery.json', '--keys', 'keys.json', '--at', NOW);
    expect(broken).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^NOT VALID \(not-next-in-chain\)/) });
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
    ['nothing', [], /a record file is needed, none is given/],
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
