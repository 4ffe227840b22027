import { describe, expect, it } from '@jest/globals';
import { digestOfValue, subjectOf } from '@tillgate/release';
import {
  type DeliveryRecord,
  type RecoveryRecord,
  type ReleaseRecord,
  recordDigest,
  signActRecord,
  signRecord,
} from '@tillgate/signing';
import { exampleRecord, IDENTITY, keySetFile, newKey } from '@tillgate/signing/test-kit';
import { begin } from './begin.ts';
import { driversWord } from './drive/own-word.ts';
import { exampleInput, NEW, OLD, digestOfAll as of } from './example-plan.test-kit.ts';
import { rollbackOf } from './from-policy.ts';
import type { End, Status } from './status.ts';
import { compileCanary } from './strategies/canary.ts';
import { LANE } from './strategies/terms.ts';
import { type WayBackAsked, wayBack } from './way-back.ts';

const key = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const stranger = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'corner-shops/odoo', digest: NEW }],
});
const PLAN = compileCanary(exampleInput({ release: RELEASE.release }));
const BACK = rollbackOf(PLAN);
const IMAGES = { [of('d')]: `registry.example/odoo@${of('d')}`, [NEW]: `registry.example/odoo@${NEW}` };
const FROZEN = JSON.parse(JSON.stringify(PLAN)) as NonNullable<ReleaseRecord['delivery']['frozen']>;
const SHARED = { units: ['*'], oldOnNew: 'yes' as const, newOnOld: 'yes' as const, modulesToUpdate: [] };
const BEFORE = { image: OLD, replicas: 2, floor: 2, uid: 'u', configuration: {}, errorShare: 0.001 };

async function released(changes: Partial<ReleaseRecord> = {}, by = key): Promise<string> {
  const record = exampleRecord({
    release: RELEASE,
    from: [{ kind: 'image', name: null, digest: OLD }],
    commits: { from: 'b'.repeat(40), to: RELEASE.commit, binding: 'label' },
    data: { units: [SHARED], assets: [] },
    delivery: {
      strategy: 'canary',
      plan: digestOfValue(FROZEN),
      frozen: FROZEN,
      podTemplate: PLAN.podTemplate,
      watchMs: 1,
    },
    recovery: { open: [], closed: [], plan: digestOfValue(BACK), rtoMs: null, rpoMs: null },
    readmitted: [],
    ...changes,
  });
  return text(await signRecord(record, by.signer));
}
const status = (end?: End, plan = PLAN): Status => ({
  ...begin(plan, { record: of('9'), before: BEFORE, escape: {}, onInconclusive: 'pause', at: 0, epoch: 1 }),
  lanes: { [LANE]: { way: 'forward', step: 1, since: 0, limitFrom: 0, ...(end && { end }) } },
});
/** One whose own driver said to go back: what a rollback leaves of a canary that it took over. */
const turned = (end?: End): Status => ({ ...status(end), heard: ['pause x', driversWord(2)] });
const act = {
  sequence: 4,
  environment: { name: 'production', identity: { ...IDENTITY } },
  startedAt: at(0),
  endedAt: at(1),
  run: null,
  issued: at(1),
  nonce: '0'.repeat(32),
};
const delivered = (record: string, end: DeliveryRecord['end'], by = key) =>
  sign(
    {
      ...act,
      kind: 'delivery',
      previous: digest(record),
      record: digest(record),
      release: RELEASE.release,
      plan: digestOfValue(PLAN),
      ...{ from: OLD, to: NEW, commit: null, end, decided: null, running: [NEW], epoch: 1, steps: [] },
    },
    by,
  );
const recovered = (record: string) =>
  sign({
    ...act,
    kind: 'recovery',
    previous: digest(record),
    record: digest(record),
    act: 'rollback',
    ...{ from: NEW, to: OLD, commit: null, reason: 'bad', askedBy: null, quarantined: [NEW] },
    verified: [{ what: 'w', holds: 'yes', how: 'h' }],
  });

interface Changes extends Partial<WayBackAsked> {
  /** The record that is the head; by default the release record. */
  head?: string;
  sequence?: number;
  keys?: Uint8Array;
  environmentName?: string;
}

async function asked(changes: Changes = {}): Promise<WayBackAsked> {
  const record = changes.record ?? (await released());
  const { head = record, keys = keySetFile(key.entry), environmentName = 'production', ...rest } = changes;
  const { sequence = head === record ? 3 : 4, ...others } = rest;
  return {
    environment: { environment: environmentName, head: { sequence, digest: digest(head) }, keys: text(keys) },
    identity: { ...IDENTITY },
    record,
    actRecord: undefined,
    status: status(),
    only: undefined,
    unfinishedOnly: false,
    ...others,
  };
}
const to = async (changes: Parameters<typeof asked>[0]) => {
  const way = wayBack(await asked(changes));
  return way.to === 'refuse' ? way.objections.map(({ code }) => code).join() : way.to;
};

describe('the way back', () => {
  it('turns a canary that is on its way', async () => {
    expect(wayBack(await asked())).toMatchObject({ to: 'turn', plan: { from: OLD, to: NEW }, asSigned: true });
  });

  it('is a plan of its own once it was promoted, whether or not its record was left', async () => {
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    expect(await to({ record, actRecord, head: actRecord, status: status('promoted') })).toBe('begin');
    expect(await to({ record, status: status('promoted') })).toBe('begin');
    const way = wayBack(await asked({ record, status: status('promoted') }));
    expect(way).toMatchObject({ back: { strategy: 'rollback', from: NEW, to: OLD } });
  });

  it('goes on where a rollback was begun', async () => {
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    expect(await to({ record, actRecord, head: actRecord, status: status(undefined, BACK) })).toBe('resume');
  });

  it('is to be verified and recorded where it was gone, and whoever went it died before saying so', async () => {
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    expect(wayBack(await asked({ record, status: turned('returned') }))).toMatchObject({ to: 'verify', went: PLAN });
    expect(await to({ record, status: status('returned') })).toBe('verify');
    const after = { record, actRecord, head: actRecord, status: status('returned', BACK) };
    expect(wayBack(await asked(after))).toMatchObject({ to: 'verify', went: BACK });
    // What was signed counts, not what somebody wrote into the state since.
    expect(await to({ ...after, status: status('returned') })).toBe('begin');
  });

  it('is over where it was gone, by itself or by a rollback, and its record is the head', async () => {
    const record = await released();
    const [back, recovery] = [await delivered(record, 'returned'), await recovered(record)];
    expect(await to({ record, actRecord: back, head: back, status: status('returned') })).toBe('nothing');
    expect(await to({ record, actRecord: recovery, head: recovery, status: status('returned', BACK) })).toBe('nothing');
  });

  it('is open though the record has expired and its key was revoked since', async () => {
    const revoked = { at: '2026-11-24T00:00:00Z', reason: 'found in a log' };
    const keys = keySetFile({ ...key.entry, revoked });
    expect(await to({ keys })).toBe('turn');
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    expect(await to({ keys, record, actRecord, head: actRecord, status: status('promoted') })).toBe('begin');
  });

  it('is asked for one release only, and nothing is done where that was never begun', async () => {
    const record = await released();
    expect(await to({ record, only: digest(record) })).toBe('turn');
    expect(await to({ record, only: of('d') })).toBe('nothing');
    expect(await to({ record: undefined, head: record, only: of('d') })).toBe('nothing');
  });

  it.each([
    ['promoted', 'begin', 'record'],
    ['held', 'begin', 'record'],
    ['returned', 'verify', 'record'],
    [undefined, 'turn', 'turn'],
  ] as const)(
    'for a job that follows an interrupted one ends what is %s: it is over, or it is taken back',
    async (end, asAPerson, asAJob) => {
      const record = await released();
      expect(await to({ record, status: status(end) })).toBe(asAPerson);
      expect(await to({ record, status: status(end), unfinishedOnly: true })).toBe(asAJob);
    },
  );

  it('for a job that follows an interrupted one leaves alone what is delivered, and what everybody has', async () => {
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    const done = { record, actRecord, head: actRecord, status: status('promoted') };
    expect(await to({ ...done, unfinishedOnly: true })).toBe('nothing');
    expect(await to({ ...done, status: undefined, unfinishedOnly: true })).toBe('nothing');
    const watched = { record, status: { ...status(), safe: 'new' as const } };
    expect(await to({ ...watched, unfinishedOnly: true })).toBe('leave');
    expect(await to(watched)).toBe('turn');
  });

  it('that such a job began, it goes on with', async () => {
    const record = await released();
    expect(await to({ record, status: turned(), unfinishedOnly: true })).toBe('turn');
    expect(await to({ record, status: turned('returned'), unfinishedOnly: true })).toBe('verify');
    expect(await to({ record, status: status('returned', BACK), unfinishedOnly: true })).toBe('verify');
  });

  it('is told where another version of this suite would go it differently', async () => {
    const record = await released({ recovery: { open: [], closed: [], plan: of('e'), rtoMs: null, rpoMs: null } });
    expect(wayBack(await asked({ record }))).toMatchObject({ to: 'turn', asSigned: false });
  });
});

describe('a way back is refused', () => {
  it('where nothing was ever delivered, or what was is gone', async () => {
    const none = await asked();
    expect(wayBack({ ...none, environment: { ...none.environment, head: null } })).toMatchObject({
      objections: [{ code: 'no-record' }],
    });
    expect(wayBack({ ...none, record: undefined })).toMatchObject({ objections: [{ code: 'no-state' }] });
  });

  it('where it is asked for the very release that the environment names, and its state is gone', async () => {
    const record = await released();
    const older = await released({ nonce: 'e'.repeat(32) });
    const there = await asked({ record, only: digest(record) });
    for (const left of [undefined, older])
      expect(wayBack({ ...there, record: left })).toMatchObject({ objections: [{ code: 'no-state' }] });
  });

  it('to before the release that came before, where the newest was interrupted with its head moved and no state yet', async () => {
    const older = await released({ nonce: 'e'.repeat(32) });
    const actRecord = await delivered(older, 'promoted');
    const newest = await released({ sequence: 5, previous: digest(actRecord) });
    const there = { record: older, actRecord, head: newest, sequence: 5, status: status('promoted') };
    for (const unfinishedOnly of [true, false]) {
      expect(await to({ ...there, unfinishedOnly, only: digest(newest) })).toBe('no-state');
      expect(await to({ ...there, unfinishedOnly })).toBe('not-the-head');
    }
    const told = wayBack(await asked({ ...there, only: digest(newest) }));
    expect(told).toMatchObject({
      objections: [{ message: expect.stringContaining('running its job again begins it') }],
    });
  });

  it('where the state holds other records than the environment names', async () => {
    const record = await released();
    const other = await released({ nonce: 'f'.repeat(32) });
    expect(await to({ record, head: other })).toBe('not-the-head');
    const stranger = await delivered(other, 'promoted');
    expect(await to({ record, actRecord: stranger, head: stranger, status: status('promoted') })).toBe('not-the-head');
    expect(await to({ record, actRecord: record, head: stranger })).toBe('not-the-head');
  });

  it('whose records a stranger signed, even where the head names them', async () => {
    expect(await to({ record: await released({}, stranger) })).toBe('unknown-key');
    const record = await released();
    const actRecord = await delivered(record, 'promoted', stranger);
    expect(await to({ record, actRecord, head: actRecord, status: status('promoted') })).toBe('unknown-key');
  });

  it('whose key may sign no releases, or not for this environment', async () => {
    const kinds = { ...key.entry, kinds: ['delivery', 'recovery'] as never };
    expect(await to({ keys: keySetFile(kinds) })).toBe('key-kind');
    expect(await to({ environmentName: 'staging' })).toBe('other-environment');
  });

  it('to an older record, put in as the head again: it has another number', async () => {
    expect(await to({ sequence: 9 })).toBe('not-the-head');
    const record = await released();
    const actRecord = await delivered(record, 'promoted');
    expect(await to({ record, actRecord, head: actRecord, sequence: 9, status: status('promoted') })).toBe(
      'not-the-head',
    );
  });

  it('where the status is of another plan than the record', async () => {
    const other = compileCanary(exampleInput({ release: of('d') }));
    expect(await to({ status: status(undefined, other) })).toBe('state-edited');
  });

  it('to what the record does not say: its plan is of another release, or leads back to what ran nowhere', async () => {
    const plans = [
      exampleInput({ release: of('d') }),
      exampleInput({ release: RELEASE.release, from: of('d'), images: IMAGES }),
    ];
    for (const input of plans) {
      const frozen = JSON.parse(JSON.stringify(compileCanary(input))) as typeof FROZEN;
      const delivery = { strategy: 'canary', plan: digestOfValue(frozen), frozen, podTemplate: null, watchMs: 1 };
      expect(await to({ record: await released({ delivery }), status: undefined })).toBe('plan');
    }
  });

  it('whose plan is for another place than its record', async () => {
    const workload = { namespace: 'shop', deployment: 'web', container: 'odoo' };
    const frozen = JSON.parse(JSON.stringify({ ...PLAN, workload })) as typeof FROZEN;
    const delivery = { strategy: 'canary', plan: digestOfValue(frozen), frozen, podTemplate: null, watchMs: 1 };
    expect(await to({ record: await released({ delivery }), status: undefined })).toBe('other-identity');
  });

  it('for another cluster or workload', async () => {
    expect(await to({ identity: { ...IDENTITY, clusterUid: 'x' } })).toBe('other-identity');
    expect(await to({ identity: { ...IDENTITY, workload: 'deployment/web' } })).toBe('other-identity');
  });

  it.each([
    ['a module was updated', { units: [{ ...SHARED, modulesToUpdate: ['stock'] }], assets: [] }, 'stock'],
    [
      'it is not known whether old code works',
      { units: [{ ...SHARED, oldOnNew: 'unknown' as const }], assets: [] },
      'not known',
    ],
    ['nobody looked at the data', null, 'not known'],
  ])('where %s, and it says what is open', async (_, data, why) => {
    const way = wayBack(await asked({ record: await released({ data }) }));
    expect(way).toMatchObject({ to: 'refuse', objections: [{ code: 'data-changed' }] });
    const [told] = way.to === 'refuse' ? way.objections : [];
    expect(told?.message).toContain(why);
    expect(told?.message).toContain('roll-forward');
  });
});

async function sign(record: DeliveryRecord | RecoveryRecord, by = key): Promise<string> {
  return text(await signActRecord(record, by.signer));
}
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
function digest(record: string) {
  return recordDigest(Buffer.from(record));
}
function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 23, 9, 0, second)).toISOString();
}
