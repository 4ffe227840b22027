import { generateKeyPairSync } from 'node:crypto';
import { digestOfValue, type Sha256, subjectOf } from '@tillgate/release';
import { KEY_SET_SCHEMA, type KeyEntry, type KeySetFile } from './key-set-schema.ts';
import { signerFromPem } from './own-key.ts';
import type { ReleaseRecord } from './record-schema.ts';

/** When the example record is looked at: after it was issued, before it expires. */
export const NOW = '2026-11-23T09:10:00.000Z';

export const IDENTITY = {
  clusterUid: '6a7d9f1e-0c3b-4a52-9a57-2f4c0a1b8d11',
  namespace: 'shop',
  workload: 'deployment/odoo',
};

/** A digest that is easy to tell from others: one hex digit 64 times. */
export function digestOfAll(digit: string): Sha256 {
  return `sha256:${digit.repeat(64)}`;
}

/** Stands for a frozen plan: what is in it is not judged where records are signed and verified. */
const FROZEN = { strategy: 'cohorts', steps: ['2 tenants', '20 tenants', 'all'] };

/** A record in which every member says something, the third of its environment. For tests. */
export function exampleRecord(changes: Partial<ReleaseRecord> = {}): ReleaseRecord {
  const release = subjectOf({
    commit: 'a'.repeat(40),
    environment: 'production',
    artifacts: [{ kind: 'image', name: 'corner-shops/odoo', digest: digestOfAll('1') }],
  });
  return {
    kind: 'release',
    sequence: 3,
    previous: digestOfAll('9'),
    environment: { name: 'production', identity: { ...IDENTITY } },
    release,
    from: [{ kind: 'image', name: null, digest: digestOfAll('0') }],
    commits: { from: 'b'.repeat(40), to: release.commit, binding: 'label' },
    policy: {
      uri: 'git+https://github.com/example/corner-shops#.github/release-policy.yml',
      commit: 'c'.repeat(40),
      digest: digestOfAll('2'),
      configuration: digestOfAll('3'),
    },
    class: 'high-risk',
    changeKinds: ['application', 'data'],
    emergency: null,
    decision: {
      outcome: 'go',
      gates: [
        {
          gate: 'freeze-window-check',
          outcome: 'pass',
          required: true,
          document: digestOfAll('4'),
          observedAt: '2026-11-23T08:55:00.000Z',
          validUntil: '2026-11-23T09:55:00.000Z',
        },
        {
          gate: 'image-scan-gate',
          outcome: 'warn',
          required: true,
          document: digestOfAll('5'),
          observedAt: '2026-11-23T08:56:00.000Z',
          validUntil: '2026-11-24T08:56:00.000Z',
        },
      ],
    },
    approvals: {
      required: 1,
      given: [{ id: 11021, kind: 'environment', where: 'production-approval', at: null, commit: null }],
    },
    exceptions: [
      {
        by: 'waiver',
        id: 'w-17',
        digest: digestOfAll('6'),
        expires: '2026-12-01T00:00:00.000Z',
        gate: 'image-scan-gate',
        rule: 'scan/new-vulnerability',
        key: 'CVE-2024-0001 pkg:deb/debian/openssl',
      },
    ],
    data: {
      units: [{ units: ['*'], oldOnNew: 'no', newOnOld: 'unknown', modulesToUpdate: ['point_of_sale', 'stock'] }],
      assets: [{ bundle: 'web.assets_web', from: '0a1b2c3', to: '4d5e6f7' }],
    },
    delivery: {
      strategy: 'cohorts',
      plan: digestOfValue(FROZEN),
      frozen: FROZEN,
      podTemplate: digestOfAll('8'),
      watchMs: 172_800_000,
    },
    recovery: {
      open: [
        {
          act: 'restore',
          how: 'run the workflow "restore" of this repository with environment production',
          restorePoint: { id: '20261123-081500F', digest: digestOfAll('a') },
        },
      ],
      closed: [
        { act: 'rollback', why: 'point_of_sale and stock are updated: the old code does not work on the new data' },
      ],
      plan: digestOfAll('b'),
      rtoMs: 1_800_000,
      rpoMs: 300_000,
    },
    freeze: { at: '2026-11-23T08:59:30.000Z', closesAt: '2026-11-23T16:00:00.000Z', window: 'black-week' },
    readmitted: [
      { digest: digestOfAll('1'), takenBack: 1, reason: 'taken back on Friday for a wrong setting, not for its code' },
    ],
    workflow: { repository: 'example/tillgate', path: '.github/workflows/release.yml', sha: 'd'.repeat(40) },
    run: { repository: 'example/corner-shops', id: '9514120387', attempt: 2 },
    clock: { source: 'system', offsetMs: 12 },
    issued: '2026-11-23T09:00:00.000Z',
    expires: '2026-11-23T11:00:00.000Z',
    nonce: '0123456789abcdef0123456789abcdef',
    ...changes,
  };
}

/** A new key pair as PEM texts, its signer, and its entry for a key set. For tests: nothing else knows the key. */
export function newKey(algorithm: 'ed25519' | 'ecdsa-p256' = 'ed25519', authority: Partial<KeyEntry> = {}) {
  const pair =
    algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signer = signerFromPem(privateKey);
  const entry: KeyEntry = {
    id: signer.keyId,
    publicKey,
    environments: ['production'],
    kinds: ['release'],
    ...authority,
  };
  return { privateKey, publicKey, signer, entry };
}

/** The bytes of a key set file; environments are production, and rehearsal, which is marked test. */
export function keySetFile(...keys: KeyEntry[]): Uint8Array {
  const file: KeySetFile = {
    schema: KEY_SET_SCHEMA,
    environments: [{ name: 'production' }, { name: 'rehearsal', test: true }],
    keys,
  };
  return new TextEncoder().encode(JSON.stringify(file));
}
