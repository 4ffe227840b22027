import { describe, expect, it } from '@jest/globals';
import { digestOfValue, subjectOf } from '@tillgate/release';
import { type ReleaseRecord, recordDigest, signRecord } from '@tillgate/signing';
import { exampleRecord, IDENTITY, keySetFile, NOW, newKey } from '@tillgate/signing/test-kit';
import { type AdmissionAsked, admit } from './admit.ts';
import { exampleInput, NEW, OLD, digestOfAll as of } from './example-plan.test-kit.ts';
import { compileCanary } from './strategies/canary.ts';

const key = newKey();
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'corner-shops/odoo', digest: NEW }],
});
const PLAN = compileCanary(exampleInput({ release: RELEASE.release }));
const FROZEN = JSON.parse(JSON.stringify(PLAN)) as NonNullable<ReleaseRecord['delivery']['frozen']>;
const SHARED = { units: ['*'], oldOnNew: 'yes' as const, newOnOld: 'yes' as const, modulesToUpdate: [] };
const deliveryOf = (frozen: ReleaseRecord['delivery']['frozen']) => ({
  strategy: 'canary',
  plan: frozen === null ? null : digestOfValue(frozen),
  frozen,
  podTemplate: PLAN.podTemplate,
  watchMs: 1,
});
/** The plan of pods of which something is not known. */
const sharing = (changes: object) => ({ ...(FROZEN as object), shared: { ...PLAN.shared, ...changes } }) as never;
const GOOD: Partial<ReleaseRecord> = {
  release: RELEASE,
  from: [{ kind: 'image', name: null, digest: OLD }],
  commits: { from: 'b'.repeat(40), to: RELEASE.commit, binding: 'label' },
  data: { units: [SHARED], assets: [{ bundle: 'web.assets_web', from: 'a', to: 'a' }] },
  delivery: deliveryOf(FROZEN),
  readmitted: [],
};

interface Changes {
  record?: Partial<ReleaseRecord>;
  asked?: Partial<AdmissionAsked>;
  environment?: Partial<AdmissionAsked['environment']>;
  workload?: Partial<NonNullable<AdmissionAsked['workload']>>;
  signer?: typeof key;
  file?: (bytes: Uint8Array) => Uint8Array;
}

async function asked(changes: Changes = {}): Promise<AdmissionAsked> {
  const record = exampleRecord({ ...GOOD, ...changes.record });
  const bytes = await signRecord(record, (changes.signer ?? key).signer);
  return {
    file: changes.file ? changes.file(bytes) : bytes,
    environment: {
      environment: 'production',
      policy: record.policy.digest,
      head: { sequence: 2, digest: record.previous as typeof OLD },
      keys: new TextDecoder().decode(keySetFile(key.entry)),
      freeze: undefined,
      quarantine: [],
      ...changes.environment,
    },
    identity: { ...IDENTITY },
    workload: {
      desiredReplicas: 2,
      settled: true,
      podTemplate: PLAN.podTemplate,
      ready: [{ digest: OLD }, { digest: OLD }],
      ...changes.workload,
    },
    state: undefined,
    at: Date.parse(NOW),
    ...changes.asked,
  };
}
const codes = async (changes: Changes) => codesOf(await asked(changes));
const codesOf = (one: AdmissionAsked) => {
  const admission = admit(one);
  if (admission.to !== 'refuse') return [admission.to];
  for (const { message } of admission.objections) expect(message).toMatch(/\.$/);
  return admission.objections.map(({ code }) => code);
};
const other = newKey();
const HEAD = { sequence: 3, digest: of('c') };

describe('a record that fits', () => {
  it('begins a delivery, with the plan that it holds and no other', async () => {
    const admission = admit(await asked());
    expect(admission).toMatchObject({ to: 'begin', plan: FROZEN, record: { release: RELEASE } });
  });

  it('goes on with the delivery that was begun under it, expired or frozen as it may be', async () => {
    const begun = await asked();
    const digest = recordDigest(begun.file);
    const environment = { ...begun.environment, head: { sequence: 3, digest }, freeze: 'stop' };
    const later = { ...begun, environment, at: begun.at + 10 * 86_400_000, workload: undefined };
    expect(admit({ ...later, state: { record: digest, over: false } })).toMatchObject({ to: 'resume', digest });
    expect(admit({ ...later, state: { record: digest, over: true } })).toMatchObject({ to: 'resume', digest });
  });

  it('begins where its head was moved and nothing more happened, while it is valid', async () => {
    const begun = await asked();
    const environment = { ...begun.environment, head: { sequence: 3, digest: recordDigest(begun.file) } };
    expect(admit({ ...begun, environment })).toMatchObject({ to: 'begin' });
    const expired = admit({ ...begun, environment, at: begun.at + 86_400_000 });
    expect(expired).toMatchObject({
      to: 'refuse',
      objections: expect.arrayContaining([{ code: 'expired', message: expect.any(String) }]),
    });
  });
});

describe('a record that the environment names as its head already', () => {
  const named = async (changes: Changes & { sequence?: number; state?: 'begun' } = {}) => {
    const begun = await asked(changes);
    const digest = recordDigest(begun.file);
    return codesOf({
      ...begun,
      environment: { ...begun.environment, head: { sequence: changes.sequence ?? 3, digest } },
      state: changes.state && { record: digest, over: false },
    });
  };

  it.each([
    ['signed by a stranger', { signer: other }, 'unknown-key'],
    ['of another environment', { environment: { environment: 'staging' } }, 'other-environment'],
    ['for another cluster', { asked: { identity: { ...IDENTITY, clusterUid: 'x' } } }, 'other-identity'],
    ['with another number than the head', { sequence: 9 }, 'not-next-in-chain'],
  ])('is refused %s, begun or not', async (_, changes: Changes & { sequence?: number }, code) => {
    expect(await named(changes)).toEqual([code]);
    expect(await named({ ...changes, state: 'begun' })).toEqual([code]);
  });

  it('is not begun under another policy, and goes on under it', async () => {
    const environment = { policy: of('f') };
    expect(await named({ environment })).toEqual(['other-policy']);
    expect(await named({ environment, state: 'begun' })).toEqual(['resume']);
  });

  it('does not go on once its key was revoked', async () => {
    const keys = new TextDecoder().decode(
      keySetFile({ ...key.entry, revoked: { at: '2026-11-23T09:00:00Z', reason: 'found in a log' } }),
    );
    expect(await named({ environment: { keys } })).toEqual(['revoked-key']);
    expect(await named({ environment: { keys }, state: 'begun' })).toEqual(['revoked-key']);
  });
});

const REFUSED: [string, Changes, string][] = [
  ['signed by a stranger', { signer: other }, 'unknown-key'],
  ['of which one byte is another', { file: (bytes) => flip(bytes) }, 'signature'],
  ['that is no record', { file: () => new TextEncoder().encode('{}') }, 'not-an-envelope'],
  ['that was used', { environment: { head: HEAD } }, 'not-next-in-chain'],
  ['that skips one', { environment: { head: null } }, 'not-next-in-chain'],
  ['of another environment', { environment: { environment: 'staging' } }, 'other-environment'],
  ['under another policy', { environment: { policy: of('f') } }, 'other-policy'],
  ['for another cluster', { asked: { identity: { ...IDENTITY, clusterUid: 'x' } } }, 'other-identity'],
  ['for another workload', { asked: { identity: { ...IDENTITY, workload: 'deployment/web' } } }, 'other-identity'],
  ['that has expired', { asked: { at: Date.parse(NOW) + 86_400_000 } }, 'expired'],
  ['of the future', { asked: { at: Date.parse(NOW) - 86_400_000 } }, 'issued-in-future'],
  ['without a plan', { record: { delivery: deliveryOf(null) } }, 'plan'],
  [
    'with a plan of another release',
    { record: { delivery: deliveryOf({ ...(FROZEN as object), release: of('e') } as never) } },
    'plan',
  ],
  [
    'with a plan of another schema',
    { record: { delivery: deliveryOf({ ...(FROZEN as object), schema: 'v2' } as never) } },
    'plan',
  ],
  ['that replaces something else', { record: { from: [{ kind: 'image', name: null, digest: of('e') }] } }, 'plan'],
  ['when keys are damaged', { environment: { keys: '{' } }, 'keys'],
  ['when the platform team has stopped deliveries', { environment: { freeze: 'Black Friday' } }, 'frozen'],
  [
    'when its opening has ended',
    { record: { freeze: { at: NOW, closesAt: '2026-11-23T09:09:59.000Z', window: 'w' } } },
    'frozen',
  ],
  ['when there is no workload', { asked: { workload: undefined } }, 'no-workload'],
  ['when the workload is scaled to nothing', { workload: { desiredReplicas: 0, ready: [] } }, 'no-replicas'],
  ['when the workload rolls out', { workload: { settled: false } }, 'rolling-out'],
  ['when it is there already', { workload: { ready: [{ digest: NEW }] } }, 'already-there'],
  ['when something else runs', { workload: { ready: [{ digest: OLD }, { digest: of('e') }] } }, 'other-from'],
  ['when a pod tells no digest', { workload: { ready: [{ digest: undefined }] } }, 'other-from'],
  ['when the pod template was changed', { workload: { podTemplate: of('e') } }, 'other-template'],
  [
    'when it is not known which template was approved',
    { record: { delivery: { ...deliveryOf(FROZEN), podTemplate: null } } },
    'no-template',
  ],
  ['when nobody looked at the data', { record: { data: null } }, 'database-not-shared'],
  [
    'when a module needs an update',
    { record: { data: { units: [{ ...SHARED, modulesToUpdate: ['stock'] }], assets: [] } } },
    'database-not-shared',
  ],
  [
    'when it is not known whether old code works',
    { record: { data: { units: [{ ...SHARED, oldOnNew: 'unknown' }], assets: [] } } },
    'database-not-shared',
  ],
  [
    'when new code is known not to work',
    { record: { data: { units: [{ ...SHARED, newOnOld: 'no' }], assets: [] } } },
    'database-not-shared',
  ],
  ['when assets were not looked at', { record: { data: { units: [SHARED], assets: null } } }, 'database-not-shared'],
  [
    'when an asset bundle differs',
    { record: { data: { units: [SHARED], assets: [{ bundle: 'b', from: '1', to: '2' }] } } },
    'database-not-shared',
  ],
  [
    'when nobody has said where sessions are kept',
    { record: { delivery: deliveryOf(sharing({ sessions: null })) } },
    'pods-not-known',
  ],
  [
    'when nobody has counted connections',
    { record: { delivery: deliveryOf(sharing({ connections: null })) } },
    'pods-not-known',
  ],
  [
    'when the image is under quarantine',
    { environment: { quarantine: [{ digest: NEW, reason: 'bad' }] } },
    'quarantined',
  ],
  ['while another release is on its way', { asked: { state: { record: of('d'), over: false } } }, 'another-delivery'],
];

describe('a record is refused', () => {
  it.each(REFUSED)('%s', async (_, changes, code) => {
    expect(await codes(changes)).toContain(code);
  });

  it('with every reason that has nothing to do with another', async () => {
    const changes = { environment: { freeze: 'stop' }, workload: { settled: false }, record: { data: null } };
    expect(await codes(changes)).toEqual(['frozen', 'rolling-out', 'database-not-shared']);
  });
});

it('lets a quarantined image run where the record readmits it', async () => {
  const reason = 'The setting was wrong, not the code.';
  const quarantine = [{ digest: NEW, reason: 'a wrong setting', sequence: 4 }];
  const asked = (takenBack: number | null, listed: object[] = quarantine) =>
    codes({
      environment: { quarantine: listed as typeof quarantine },
      record: { readmitted: [{ digest: NEW, takenBack, reason }] },
    });
  expect(await asked(4)).toEqual(['begin']);
  expect(await asked(null)).toEqual(['quarantined']);
  expect(await asked(null, [{ digest: NEW, reason: 'written by hand' }])).toEqual(['begin']);
  // It has failed once more since somebody answered for it.
  const again = [...quarantine, { digest: NEW, reason: 'it lost orders', sequence: 7 }];
  expect(await asked(4, again)).toEqual(['quarantined']);
  expect(await asked(7, again)).toEqual(['begin']);
});

function flip(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  const envelope = JSON.parse(text) as { payload: string };
  const payload = Buffer.from(envelope.payload, 'base64').toString().replace('"PASSED"', '"PASSEd"');
  return new TextEncoder().encode(JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }));
}
