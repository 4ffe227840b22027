import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needBed } from '@tillgate/testbed';
import { type Rehearsed, rehearse, SCENARIOS, type Scenario } from '@tillgate/testbed/rehearse';

const root = join(import.meta.dirname, '../..');
const tools = await needBed(
  'act',
  'trivy',
  'fixture-db',
  'docker-registry',
  'skopeo',
  'etcd',
  'kube-apiserver',
  'kwok',
);
const scratch = mkdtempSync(join(tmpdir(), 'tillgate-workflow-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function played(name: string): Promise<Rehearsed> {
  return rehearse({ root, scenario: SCENARIOS[name] as Scenario, into: join(scratch, name), say: () => undefined });
}

/** A document that a gate left, and what it says was found. */
function documentOf(rehearsed: Rehearsed, job: string, gate: string) {
  return JSON.parse(readFileSync(join(rehearsed.artifacts, `tillgate-documents-${job}`, `${gate}.json`), 'utf8'));
}

function objections(rehearsed: Rehearsed): { code: string; gate?: string; message: string }[] {
  return JSON.parse(readFileSync(join(rehearsed.artifacts, 'tillgate-decision/decision.json'), 'utf8')).objections;
}

/** Everything that a rehearsal left, as one text. */
function everything(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

(tools ? describe : describe.skip)('the release workflow of the example caller', () => {
  describe('on a quiet day', () => {
    let went: Rehearsed;
    beforeAll(async () => {
      went = await played('release');
    });

    it('goes from observe to a signed record', () => {
      expect(went.run.errors).toEqual([]);
      expect(went.run.exitCode).toBe(0);
      expect(existsSync(went.record)).toBe(true);
      expect(went.run.steps.map(({ step, result }) => `${step}: ${result}`)).toEqual([
        'Observe production: success',
        'Keep documents: success',
        'Freeze window check: success',
        'Fetch the vulnerability database: success',
        'Image scan gate: success',
        'Keep documents: success',
        'Fetch documents: success',
        'Assess: success',
        'Keep the decision: success',
        'Fetch documents: success',
        'Sign: success',
        'Keep the record: success',
      ]);
    });

    it('compares the image with the one that the cluster says production runs, never with itself', () => {
      const running = documentOf(went, 'observe', 'observe-production').facts.running;
      const scanned = documentOf(went, 'checks', 'image-scan-gate').facts;
      expect(went.images.candidate).not.toBe(went.images.production);
      expect(running).toEqual([went.images.production]);
      expect(scanned).toMatchObject({ image: went.images.candidate, baseline: running });
    });

    it('judges with the database that the step before has copied, because its repository holds it', () => {
      const { evidence } = documentOf(went, 'checks', 'image-scan-gate');
      const database = evidence.find(({ name }: { name: string }) => name === 'vulnerability database');
      expect(database.note).toMatch(/artifact sha256:[0-9a-f]{64}, which .*\/mirror\/trivy-db holds$/);
    });

    it('leaves a record that openssl verifies over the DSSE pre-authentication encoding', () => {
      const envelope = JSON.parse(readFileSync(went.record, 'utf8'));
      const keys = JSON.parse(readFileSync(went.keys, 'utf8'));
      const payload = Buffer.from(envelope.payload, 'base64');
      // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
      const type = Buffer.from(envelope.payloadType);
      const encoding = Buffer.concat([
        Buffer.from(`DSSEv1 ${type.length} `),
        type,
        Buffer.from(` ${payload.length} `),
        payload,
      ]);
      const files = {
        signed: join(scratch, 'signed'),
        signature: join(scratch, 'signature'),
        key: join(scratch, 'key.pem'),
      };
      writeFileSync(files.signed, encoding);
      writeFileSync(files.signature, Buffer.from(envelope.signatures[0].sig, 'base64'));
      writeFileSync(files.key, keys.keys[0].publicKey);
      const args = [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-inkey',
        files.key,
        '-rawin',
        '-in',
        files.signed,
        '-sigfile',
        files.signature,
      ];
      expect(execFileSync('openssl', args, { encoding: 'utf8' })).toContain('Signature Verified Successfully');

      const changed = Buffer.from(encoding);
      changed[changed.length - 2] = (changed[changed.length - 2] as number) ^ 1;
      writeFileSync(files.signed, changed);
      expect(() => execFileSync('openssl', args, { stdio: 'pipe' })).toThrow();
    });

    it('keeps the key, the token and the kubeconfig out of everything that is kept', () => {
      const kept = everything(went.artifacts);
      expect(kept.length).toBeGreaterThan(1_000);
      expect(kept).not.toMatch(/PRIVATE KEY/);
      expect(kept).not.toMatch(/gh[sp]_[A-Za-z0-9]{10}/);
      expect(kept).not.toMatch(/certificate-authority-data/);
    });
  });

  it('ends no-go when the image brings a vulnerability that production does not have', async () => {
    const went = await played('vulnerable-image');
    expect(went.run.exitCode).not.toBe(0);
    expect(existsSync(went.record)).toBe(false);
    const [only, ...more] = objections(went);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ code: 'failed', gate: 'image-scan-gate' });
    expect(only?.message).toContain('CVE-2023-4863');
    expect(only?.message).toContain('libwebp');
  });

  it('ends no-go in a freeze, and says which', async () => {
    const went = await played('frozen');
    expect(went.run.exitCode).not.toBe(0);
    expect(existsSync(went.record)).toBe(false);
    expect(objections(went)).toEqual([expect.objectContaining({ code: 'failed', gate: 'freeze-window-check' })]);
    expect(objections(went)[0]?.message).toContain('stock-taking');
  });
});
