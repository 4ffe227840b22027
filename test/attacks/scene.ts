import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import {
  digestOf,
  encodeReceipt,
  type GateName,
  instantOf,
  type Sha256,
  subjectOf,
  VERDICT_SCHEMA,
  type Verdict,
} from '@tillgate/release';
import { KEY_SET_SCHEMA, publicKeyFromPem } from '@tillgate/signing';
import { type GitHubStandIn, startGitHub } from '@tillgate/testbed/github';
import { BUNDLES, type Job, newJob, type Ran, runBundle } from '../bundles/run-bundle.ts';

const HOUR = 3_600_000;
const IMAGE = digestOf('candidate');
const RUNNING = digestOf('production');

/** One attempt to have a release signed, of which a test changes one thing. */
export interface Attempt {
  /** Signs; by default the key that the environment knows. */
  signingKey: string;
  /** What the environment's key set says of that key. */
  keyEntry: Record<string, unknown>;
  /** Lines of the policy below the preset and the environment. */
  policyTail: string;
  /** Changes the verdicts before they are written. */
  verdicts(verdicts: Record<string, Verdict>): void;
  /** Changes what was written: bytes of documents by file, and outputs of the job. */
  travel(documents: Map<string, Buffer>, outputs: Record<string, string>): void;
  /** Who approves in the environment; nobody where undefined. */
  approver: string | undefined;
  inputs: Record<string, string>;
}

/** What came of an attempt. */
export interface Outcome {
  ran: Ran;
  /** Bytes of the record, where one was written. */
  record: string | undefined;
  keySet: string;
}

interface TestKey {
  pem: string;
  entry: Record<string, unknown>;
}

/** A key pair, and its entry in a key set of an environment for tests. */
export function testKey(make: () => { privateKey: KeyObject; publicKey: KeyObject }): TestKey {
  const { privateKey, publicKey } = make();
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    entry: {
      id: publicKeyFromPem(spki).keyId,
      publicKey: spki,
      environments: ['production'],
      kinds: ['release'],
      test: true,
    },
  };
}

export const ed25519 = testKey(() => generateKeyPairSync('ed25519'));
export const p256 = testKey(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }));

/** Plays the last job of a release with the shipped bundle, against a stand-in for GitHub only. */
export async function attempt(changed: Partial<Attempt> = {}): Promise<Outcome> {
  const one: Attempt = {
    signingKey: ed25519.pem,
    keyEntry: ed25519.entry,
    policyTail: '',
    verdicts: () => undefined,
    travel: () => undefined,
    approver: 'shop-release-manager',
    inputs: {},
    ...changed,
  };
  const policy = Buffer.from(
    `extends: preset:odoo-retail\nenvironments:\n  production: { timezone: Europe/Berlin, class: standard }\n${one.policyTail}`,
  );
  const job = await newJob();
  const { github, runId, commit } = await hub(policy, one.approver);
  try {
    const keySet = JSON.stringify({
      schema: KEY_SET_SCHEMA,
      environments: [{ name: 'production', test: true }],
      keys: [one.keyEntry],
    });
    const outputs = await writeVerdicts(one, job, policy, commit, keySet);
    const bundle = BUNDLES.find(({ action }) => action === 'release-decision');
    if (!bundle) throw new Error('There is no bundle of release-decision.');
    const ran = await runBundle(bundle, job, {
      inputs: {
        environment: 'production',
        image: `registry.example/corner-shops/odoo@${IMAGE}`,
        commit,
        mode: 'sign',
        receipts: JSON.stringify({ checks: { result: 'success', outputs } }),
        'signing-key': one.signingKey,
        'github-token': github.token,
        ...one.inputs,
      },
      apiUrl: github.url,
      env: { GITHUB_RUN_ID: String(runId) },
    });
    return { ran, record: ran.left['release-record.json'], keySet };
  } finally {
    await github.stop();
    await job.remove();
  }
}

async function hub(
  policy: Buffer,
  approver: string | undefined,
): Promise<{ github: GitHubStandIn; runId: number; commit: string }> {
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { '.github/release-policy.yml': policy.toString() },
    permissions: { actions: 'read', contents: 'read', 'pull-requests': 'read' },
  });
  const { repository, state } = github;
  const author = state.person('shop-developer');
  const commit = repository.commit({ author, message: 'A change', files: { VERSION: '2\n' } });
  const reviewers = ['shop-release-manager', 'shop-developer'].map((login) => state.person(login));
  const environment = repository.addEnvironment('production-approval', { reviewers });
  const run = repository.addRun({
    actor: state.person('shop-bot'),
    event: 'workflow_dispatch',
    headSha: commit,
    waitingFor: [environment.name],
  });
  if (approver !== undefined) repository.answer(run, [environment.id], state.person(approver), 'approved', '');
  return { github, runId: run.id, commit };
}

/** Writes a passing verdict of each gate and gives the outputs of their job. */
async function writeVerdicts(
  one: Attempt,
  job: Job,
  policy: Buffer,
  commit: string,
  keySet: string,
): Promise<Record<string, string>> {
  const now = Date.now();
  const artifacts = [{ kind: 'image' as const, name: 'corner-shops/odoo', digest: IMAGE }];
  const subject = subjectOf({ commit, environment: 'production', artifacts });
  const effective = effectivePolicy(loadPolicy(policy), subject, undefined, instantOf(now));
  const facts = {
    'observe-production': {
      identity: { clusterUid: 'a-cluster', namespace: 'shop', workload: 'deployment/odoo' },
      running: [RUNNING],
      keys: keySet,
    },
    'freeze-window-check': { at: instantOf(now), purpose: 'release', fits: true },
    'image-scan-gate': {
      image: IMAGE,
      baseline: [RUNNING],
      new: 0,
      fixed: 0,
      unchanged: 0,
      accepted: 0,
      commitBinding: 'label',
    },
  };
  const verdicts = Object.fromEntries(
    Object.entries(facts).map(([gate, told]) => [gate, passing(gate as GateName, told, subject, effective, now)]),
  );
  one.verdicts(verdicts);
  const documents = new Map(
    Object.entries(verdicts).map(([gate, verdict]) => [`${gate}.json`, Buffer.from(JSON.stringify(verdict))]),
  );
  const outputs: Record<string, string> = {};
  for (const [gate, { schema, outcome, subject: judged }] of Object.entries(verdicts)) {
    const document = digestOf(documents.get(`${gate}.json`) as Buffer);
    outputs[`${gate}-outcome`] = outcome;
    outputs[`${gate}-receipt`] = encodeReceipt({
      schema,
      gate: gate as GateName,
      outcome,
      release: judged.release,
      document,
    });
  }
  one.travel(documents, outputs);
  await mkdir(join(job.workspace, 'tillgate-documents'), { recursive: true });
  for (const [file, bytes] of documents) await writeFile(join(job.workspace, 'tillgate-documents', file), bytes);
  return outputs;
}

function passing(
  gate: GateName,
  facts: unknown,
  subject: Verdict['subject'],
  policy: { digest: Sha256; configuration: Sha256 },
  now: number,
): Verdict {
  return {
    schema: VERDICT_SCHEMA,
    gate,
    subject: structuredClone(subject),
    basis: {
      policy: policy.digest,
      configuration: policy.configuration,
      inputs: digestOf('inputs'),
      class: 'standard',
      mode: 'enforce',
      clock: { source: 'system', offsetMs: 0 },
    },
    outcome: 'pass',
    findings: [],
    coverage: { expected: 1, missing: [] },
    facts: facts as Verdict['facts'],
    evidence: [],
    observedAt: instantOf(now),
    validUntil: instantOf(now + HOUR),
    producer: { name: 'tillgate', version: '0.1.0' },
  };
}
