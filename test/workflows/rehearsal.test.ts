import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { digestOf, type Sha256 } from '@tillgate/release';
import { parseKeySet, verifyActRecord } from '@tillgate/signing';
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
  'shop',
  'traefik',
  'prometheus',
);
// A rehearsal waits for people, measurements and a Lease; on a busy machine it takes minutes.
jest.setTimeout(600_000);
const scratch = mkdtempSync(join(tmpdir(), 'tillgate-workflow-test-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Two side by side: most of their time is waiting for people, measurements and drains. */
const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
const rehearsed: Record<string, Promise<Rehearsed>> = {};

function begin(...names: string[]): void {
  names.forEach((name, index) => {
    const lane = index % lanes.length;
    const scenario = SCENARIOS[name] as Scenario;
    const went = (lanes[lane] as Promise<unknown>).then(() =>
      rehearse({ root, scenario, into: join(scratch, name), say: () => undefined }),
    );
    rehearsed[name] = went;
    lanes[lane] = went.catch(() => undefined); // whoever waits for it is told
  });
}

const played = (name: string) => rehearsed[name] as Promise<Rehearsed>;

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

/** The signed record of an act, verified with the keys that the environment knows. */
function actRecord<K extends 'delivery' | 'recovery'>(went: Rehearsed, kind: K, file: string) {
  const keys = parseKeySet(readFileSync(went.keys));
  return verifyActRecord(readFileSync(file), keys, kind, new Date().toISOString());
}

/** act writes a job's name behind those of its callers, and pads it. */
const ofJob = ({ job }: { job: string }, name: string) => job.trim().endsWith(name);

/** Nobody came to nothing, and at the end everybody was served by one version. */
function expectServed(went: Rehearsed, last: Sha256): void {
  expect(went.people?.requests).toBeGreaterThan(500);
  expect(went.people?.nowhere).toBe(0);
  expect(went.people?.last).toEqual([last]);
  expect(went.end?.image.endsWith(`@${last}`)).toBe(true);
}

(tools ? describe : describe.skip)('the release workflow of the example caller', () => {
  beforeAll(() => begin(...Object.keys(SCENARIOS)));
  afterAll(() => Promise.all(lanes));

  describe('on a quiet day', () => {
    let went: Rehearsed;
    beforeAll(async () => {
      went = await played('release');
    });

    it('goes from observe to a promoted release', () => {
      expect(went.run.errors).toEqual([]);
      expect(went.run.exitCode).toBe(0);
      expect(existsSync(went.record)).toBe(true);
      const stepsOf = (job: string) =>
        went.run.steps.filter((each) => ofJob(each, job)).map(({ step, result }) => `${step}: ${result}`);
      expect(stepsOf('Observe production')).toEqual(['Observe production: success', 'Keep documents: success']);
      expect(stepsOf('Checks')).toEqual([
        'Freeze window check: success',
        'Fetch the vulnerability database: success',
        'Image scan gate: success',
        'Keep the scan: success',
        'Keep documents: success',
      ]);
      expect(stepsOf('Data')).toEqual([
        'Fetch facts: success',
        'Migration readiness: success',
        'Keep documents: success',
      ]);
      expect(stepsOf('Assess')).toEqual(['Fetch documents: success', 'Assess: success', 'Keep the decision: success']);
      expect(stepsOf('Sign')).toEqual(['Fetch documents: success', 'Sign: success', 'Keep the record: success']);
      expect(stepsOf('Deliver')).toEqual([
        'Fetch the record: success',
        'Deliver: success',
        'Keep the delivery: success',
      ]);
      expect(stepsOf('Recover')).toEqual([]);
    });

    it('serves people all the time, none of them by nobody, and nothing goes wrong', () => {
      expectServed(went, went.images.candidate);
      expect(went.people?.bad).toBe(0);
      expect(went.people?.byVersion[went.images.candidate]).toBeGreaterThan(100);
    });

    it('leaves a delivery record that verifies, follows the release record and is the head of the chain', () => {
      const file = join(went.artifacts, 'tillgate-delivery/delivery-record.json');
      const { record, digest } = actRecord(went, 'delivery', file);
      expect(record).toMatchObject({
        sequence: 2,
        previous: digestOf(readFileSync(went.record)),
        end: 'promoted',
        from: went.images.production,
        to: went.images.candidate,
        running: [went.images.candidate],
        decided: null,
      });
      expect(record.steps.map(({ step }) => step)).toEqual(['prepare', '25 %', '50 %', 'promote', 'settle', 'watch']);
      const shown = record.steps.find(({ step }) => step === '50 %')?.evidence[0];
      expect(shown?.candidate[1]).toBeGreaterThan(59); // 5 % can be ruled out with 59 calls at the least
      expect(JSON.parse(went.end?.head ?? '')).toMatchObject({ sequence: 2, digest });
    });

    it('tells GitHub where the deployment stands, step by step', () => {
      expect(went.told.map(([state]) => state).slice(-1)).toEqual(['success']);
      const steps = went.told.filter(([state]) => state === 'in_progress').map(([, text]) => text.split(':')[0]);
      expect(steps).toEqual(['prepare', '25 %', '50 %', 'promote', 'settle', 'watch']);
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

    it('leaves the findings as SARIF and what is in the image as CycloneDX', () => {
      const left = (file: string) => JSON.parse(readFileSync(join(went.artifacts, 'tillgate-scan', file), 'utf8'));
      expect(left('scan.sarif')).toMatchObject({ version: '2.1.0', runs: [{ properties: { outcome: 'pass' } }] });
      expect(left('sbom.cdx.json')).toMatchObject({ bomFormat: 'CycloneDX' });
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

  it('goes back to stable when the new version answers with errors behind status 200', async () => {
    const went = await played('regression');
    expect(went.run.exitCode).not.toBe(0);
    expectServed(went, went.images.production);
    const { record } = actRecord(went, 'delivery', join(went.artifacts, 'tillgate-delivery/delivery-record.json'));
    expect(record).toMatchObject({ end: 'returned', decided: { by: 'analysis' }, running: [went.images.production] });
    expect(record.decided?.reason).toMatch(/errors: .* failed on the candidate/);
    const bad = went.people?.bad ?? 0;
    const fresh = went.people?.byVersion[went.images.candidate] ?? 0;
    // One call in five fails, half of the requests are calls: about a tenth of what the new version answered, no more.
    expect(bad).toBeGreaterThan(0);
    expect(bad).toBeLessThan(0.25 * fresh);
    expect(went.run.steps.filter((each) => ofJob(each, 'Recover'))).toEqual([]);
  });

  it('ends what a lost machine has begun when the job is run again', async () => {
    const went = await played('runner-dies');
    expect(went.run.steps.filter(({ step }) => step === 'Deliver')).toEqual([]);
    expect(went.after).toMatchObject({ exitCode: 0, outputs: { phase: 'promoted', share: '0' } });
    expectServed(went, went.images.candidate);
    const { record } = actRecord(
      went,
      'delivery',
      join(
        went.after && 'workspace' in went.after ? went.after.workspace : '',
        'tillgate-delivery/delivery-record.json',
      ),
    );
    expect(record).toMatchObject({ end: 'promoted', epoch: 3, run: { attempt: 2 } });
    expect(record.steps[0]).toMatchObject({ step: 'prepare', because: 'proved' });
  });

  it('turns back when the run is cancelled, and is back before the workflow ends', async () => {
    const went = await played('cancelled');
    const results = went.run.steps.map(({ step, result }) => `${step}: ${result}`);
    expect(results).toContain('Deliver: failure');
    expectServed(went, went.images.production);
    expect(went.people?.bad).toBe(0);
    // In the ten seconds that GitHub leaves it is back, or on its way back; then the job recover ends it, and leaves the record
    // that is missing.
    const left = [
      ['delivery', 'tillgate-delivery/delivery-record.json'],
      ['delivery', 'tillgate-recovery/delivery-record.json'],
      ['recovery', 'tillgate-recovery/recovery-record.json'],
    ] as const;
    const [only, ...more] = left.filter(([, file]) => existsSync(join(went.artifacts, file)));
    if (!only) throw new Error('No record of it was left.');
    expect(more).toEqual([]);
    const { record } = actRecord(went, only[0], join(went.artifacts, only[1]));
    expect(record).toMatchObject({ sequence: 2, previous: digestOf(readFileSync(went.record)) });
  });

  it('is taken back by a dispatch after promotion, to what ran before and to quarantine', async () => {
    const went = await played('rollback');
    expect(went.after).toMatchObject({ exitCode: 0, errors: [] });
    expectServed(went, went.images.production);
    const { record, digest } = actRecord(
      went,
      'recovery',
      join(went.artifacts, 'tillgate-recovery/recovery-record.json'),
    );
    expect(record).toMatchObject({ sequence: 3, from: went.images.candidate, to: went.images.production });
    expect(record.verified.filter(({ holds }) => holds !== 'yes')).toEqual([]);
    expect(JSON.parse(went.end?.head ?? '')).toMatchObject({ sequence: 3, digest });
    expect(JSON.parse(went.end?.quarantine ?? '')).toEqual([
      expect.objectContaining({ digest: went.images.candidate }),
    ]);
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
