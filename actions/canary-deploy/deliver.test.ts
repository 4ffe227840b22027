/** How a run ends that could not go on: whether anything was begun decides whether somebody has to take it back. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Admission, AdmissionAsked, Driving, End, Observed, Permits, Status } from '@tillgate/delivery';
import { digestOfValue, instantOf, type Sha256 } from '@tillgate/release';
import { recordDigest, signActRecord, signRecord } from '@tillgate/signing';
import { digestOfAll, exampleRecord, keySetFile, newKey } from '@tillgate/signing/test-kit';
import type { DeliverFrame } from './deliver.ts';

const delivery = await import('@tillgate/delivery');
const host = await import('@tillgate/host');
const cluster = await import('@tillgate/delivery/cluster');
const { examplePlan, NEW, OLD } = await import('@tillgate/delivery/test-kit');
const { Refused, Superseded, Unavailable } = delivery;

const key = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const record = exampleRecord({ readmitted: [] });
const file = new TextDecoder().decode(await signRecord(record, key.signer));
const digest = recordDigest(Buffer.from(file));
const plan = examplePlan();
/** A state that says so much of its end, and what stands there then. */
const ends = (end: End, changes: object = {}) => {
  const way = end === 'promoted' ? 'forward' : 'stable';
  const lanes = { all: { way, step: 0, since: 0, limitFrom: 0, end } };
  held = {
    status: {
      plan: digestOfValue(plan),
      lanes,
      evidence: {},
      before: {},
      history: [],
      epoch: 1,
      startedAt: 0,
      ...changes,
    } as never,
  };
  stands(end === 'promoted' ? NEW : OLD);
};
const stands = (image: Sha256, candidate: Sha256 | null = null, candidateShare = 0) => {
  const pods = { settled: true, desired: 2, ready: 2, crashing: 0, restarts: 0, stuck: [] };
  const of = (digest: Sha256) => ({ ...pods, image: digest, running: [digest] });
  observed = { stable: of(image), candidate: candidate && of(candidate), candidateShare };
};

let admission: Admission;
let kept: () => { record: string | undefined; actRecords: string[]; over: boolean };
let goes: (driving: Driving) => Promise<unknown>;
let admittedAt: number | undefined;
let serverTime: number;
let held: { status: Status } | undefined;
let holder: { who: string; until: number } | undefined;
let head: { sequence: number; digest: string };
let check: () => void;
let swap: () => Promise<unknown>;
let create: () => Promise<unknown>;
let swapped: boolean;
let signed: boolean;
let observed: Pick<Observed, 'stable' | 'candidate' | 'candidateShare'>;

jest.unstable_mockModule('@tillgate/host', () => ({
  ...host,
  readBounded: async () => Buffer.from(file),
  writeWhole: async () => undefined,
}));
jest.unstable_mockModule('@tillgate/delivery', () => ({
  ...delivery,
  admit: (asked: AdmissionAsked) => {
    admittedAt = asked.at;
    return admission;
  },
  containerNamedIn: () => 'odoo',
  drive: (driving: Driving) => goes(driving),
  begin: () => ({}),
  escapeOf: () => ({}),
}));
jest.unstable_mockModule('@tillgate/delivery/cluster', () => ({
  ...cluster,
  eventsOn: () => async () => undefined,
  openDelivery: () => ({
    writer: { credentials: [], now: async () => serverTime },
    environment: {
      read: async () => ({ environment: 'production', head, keys: new TextDecoder().decode(keySetFile(key.entry)) }),
      swap: async () => {
        await swap();
        swapped = true;
      },
    },
    identity: async () => record.environment.identity,
    workload: async () => undefined,
    kept: async () => kept(),
    epoch: async () => 0,
    keep: async ({ sign }: { sign(): Promise<string> }) => {
      signed = true;
      return sign();
    },
    at: () => ({ target: { before: async () => ({}), observe: async () => observed } }),
    store: () => ({
      load: async () => ({ at: 0, found: held }),
      check: () => check(),
      create: () => create(),
      holder: async () => holder,
    }),
  }),
}));

const { deliver } = await import('./deliver.ts');
const frame = {
  inputs: {
    workload: 'deployment/odoo',
    namespace: 'shop',
    'signing-key': key.privateKey,
    record: 'record.json',
    'timeline-file': 'timeline.json',
    'delivery-record-file': 'delivery-record.json',
    'github-token': '',
  },
  secrets: { add: () => undefined },
  log: { info: () => undefined, debug: () => undefined },
  signal: new AbortController().signal,
} as unknown as DeliverFrame;
const ended = async () => {
  const { outcome, green, outputs, reasons, summary } = await deliver(frame);
  return { outcome, green, phase: outputs?.phase, told: `${reasons?.join(' ')} ${summary}` };
};
const stop = (cause: Error) => () => Promise.reject(cause);

beforeEach(() => {
  process.env.GITHUB_WORKSPACE = mkdtempSync(join(tmpdir(), 'deliver-'));
  admission = { to: 'begin', record, digest, plan };
  kept = () => ({ record: undefined, actRecords: [], over: false });
  [held, holder] = [undefined, undefined];
  head = { sequence: 2, digest };
  [check, swapped, signed] = [() => undefined, false, false];
  [swap, create] = [async () => undefined, async () => undefined];
  [serverTime, admittedAt] = [Date.parse(record.issued), undefined];
  stands(OLD);
});

describe('a run that cannot go on', () => {
  it.each([
    ['its token has expired', new Refused('The API server does not let us: 401.')],
    ['the API server is away', new Unavailable('Nobody answers.')],
    ['the watchdog took over', new Superseded('Held under epoch 7.')],
  ])('says so where %s, and lets it be taken back', async (_, cause) => {
    goes = stop(cause);
    const { told, ...rest } = await ended();
    expect(rest).toEqual({ outcome: 'inconclusive', green: false, phase: 'interrupted' });
    expect(told).toContain(cause.message);
    expect(told).not.toMatch(/nothing was touched/i);
  });

  it('is left to whoever drives it, where somebody does', async () => {
    goes = stop(new Refused('It is held by another run.'));
    holder = { who: 'another run', until: 1 };
    const { phase, told } = await ended();
    expect(phase).toBe('superseded');
    expect(told).toContain('another run');
  });

  it('lets be taken back what an earlier run began and this one may not go on with', async () => {
    kept = () => ({ record: file, actRecords: [], over: false });
    admission = { to: 'refuse', objections: [{ code: 'revoked-key', message: 'The key was revoked.' }] };
    expect(await ended()).toMatchObject({ phase: 'interrupted' });
  });

  it('lets be looked for what lies in a state that cannot be read', async () => {
    kept = () => {
      throw new Refused('The status is of a newer schema.');
    };
    expect(await ended()).toMatchObject({ phase: 'interrupted' });
  });

  it('does not have taken back what was promoted and only lacks its record', async () => {
    kept = () => ({ record: file, actRecords: [], over: true });
    admission = { to: 'resume', record, digest, plan };
    ends('promoted');
    head = { sequence: 9, digest: 'sha256:another' };
    expect(await ended()).toMatchObject({ outcome: 'inconclusive', green: false, phase: 'promoted' });
  });

  it('went back, and says which record says it where a rollback was faster to leave one', async () => {
    const recovery = await signActRecord(
      delivery.recoveryRecordOf(
        Date.parse(record.issued),
        {
          ...{ reason: 'The tills stood still.', askedBy: null, quarantined: [] },
          verified: [{ what: 'w', holds: 'yes', how: 'h' }],
        },
        {
          ...{ record, digest, run: null, at: Date.parse(record.issued), nonce: '0'.repeat(32) },
          plan: { from: digestOfAll('0'), to: digestOfAll('1') } as never,
          head: { sequence: record.sequence, digest },
        },
      ),
      key.signer,
    );
    head = { sequence: record.sequence + 1, digest: recordDigest(recovery) };
    kept = () => ({ record: file, actRecords: [new TextDecoder().decode(recovery)], over: true });
    admission = { to: 'resume', record, digest, plan };
    ends('returned');
    const { told, ...rest } = await ended();
    expect(rest).toEqual({ outcome: 'fail', green: false, phase: 'returned' });
    expect(told).toContain(`A rollback was faster to record it: no. ${head.sequence} of the chain (${head.digest})`);
    expect(told).toContain('The tills stood still.');
  });

  it('leaves no record of a delivery that a rollback has taken over since, and lets that be ended', async () => {
    kept = () => ({ record: file, actRecords: [], over: true });
    admission = { to: 'resume', record, digest, plan };
    ends('returned', { plan: digestOfAll('7') });
    expect(await ended()).toMatchObject({
      phase: 'interrupted',
      told: expect.stringContaining('a rollback of this release'),
    });
  });

  it.each([
    [
      'promoted, and the candidate has 5 %',
      'promoted',
      () => stands(OLD, NEW, 500),
      /stable is told to run .*0000, not .*5 %/,
    ],
    ['promoted, and a candidate stands', 'promoted', () => stands(NEW, NEW), /a candidate still stands/],
    ['promoted, and somebody has put the old one back', 'promoted', () => stands(OLD), /stable is told to run/],
    [
      'returned, and the candidate has 5 %',
      'returned',
      () => stands(OLD, NEW, 500),
      /the router gives a candidate 5 %/,
    ],
  ] as const)('believes no state that says %s, and signs nothing of it', async (_, end, there, why) => {
    kept = () => ({ record: file, actRecords: [], over: true });
    admission = { to: 'resume', record, digest, plan };
    ends(end);
    there();
    const { told, ...rest } = await ended();
    expect(rest).toEqual({ outcome: 'inconclusive', green: false, phase: 'interrupted' });
    expect(told).toMatch(why);
    expect(told).toMatch(/put back what stood there, or dispatch the rollback/);
    expect(signed).toBe(false);
  });

  it('believes no end of a state that is not of the plan', async () => {
    kept = () => ({ record: file, actRecords: [], over: true });
    admission = { to: 'resume', record, digest, plan };
    const lane = { way: 'forward', step: 99, since: 0, limitFrom: 0, end: 'promoted' };
    ends('promoted', { lanes: { all: lane } });
    expect(await ended()).toMatchObject({ phase: 'interrupted', told: expect.stringContaining('step 99') });
    expect(signed).toBe(false);
  });

  it('has moved no head for a state that could not be written', async () => {
    head = { sequence: 1, digest: 'sha256:of the one before' };
    check = () => {
      throw new Refused('The state would be too large.');
    };
    expect([await ended(), swapped]).toMatchObject([{ phase: 'refused', outcome: 'fail' }, false]);
  });

  it.each([
    ['the API server goes away with the head', 'swap', new Unavailable('Nobody answers.'), 'interrupted'],
    ['another record was faster', 'swap', new Superseded('The head is now record 3.'), 'refused'],
    ['the head may not be moved', 'swap', new Refused('403.'), 'refused'],
    ['the API server goes away with the state', 'create', new Unavailable('Nobody answers.'), 'interrupted'],
    ['the state may not be written', 'create', new Refused('403.'), 'interrupted'],
    ['another run of this record was faster', 'create', new Superseded('It holds a delivery.'), 'superseded'],
  ] as const)('says how far it came where %s', async (_, moment, cause, phase) => {
    head = { sequence: 1, digest: 'sha256:of the one before' };
    if (moment === 'swap') swap = stop(cause);
    else create = stop(cause);
    const { told, ...rest } = await ended();
    const refused = phase === 'refused';
    expect(rest).toEqual({ outcome: refused ? 'fail' : 'inconclusive', green: false, phase });
    expect(told).toContain(cause.message);
    if (refused) expect(told).toMatch(/nothing was touched/i);
    else expect(told).not.toMatch(/nothing was touched|has changed nothing/i);
    if (phase === 'interrupted') expect(told).toContain('Run this job again');
  });

  it('leaves to whoever drives it what another run began at the same moment', async () => {
    create = stop(new Unavailable('Nobody answers.'));
    holder = { who: 'another run', until: 1 };
    expect(await ended()).toMatchObject({ phase: 'superseded', told: expect.stringContaining('another run') });
  });

  it('does not know how far an earlier run came that moved the head, where its state is not there', async () => {
    admission = { to: 'refuse', objections: [{ code: 'expired', message: 'It expired.' }] };
    expect(await ended()).toMatchObject({ phase: 'interrupted', told: expect.stringContaining('It is not known') });
  });

  it('has touched nothing where it was refused before it began', async () => {
    head = { sequence: 1, digest: 'sha256:of the one before' };
    admission = { to: 'refuse', objections: [{ code: 'expired', message: 'It expired.' }] };
    const { phase, told, outcome } = await ended();
    expect({ phase, outcome }).toEqual({ phase: 'refused', outcome: 'fail' });
    expect(told).toMatch(/nothing was touched/i);
  });
});

describe('the time that counts', () => {
  const HOUR = 3_600_000;

  it.each([-7, 9])("is the API server's, which differs from the runner's by %s hours", async (hours) => {
    serverTime = Date.now() + hours * HOUR;
    const ends = serverTime + HOUR;
    const closing = {
      ...record,
      expires: instantOf(ends + HOUR),
      freeze: { ...record.freeze, closesAt: instantOf(ends) },
    };
    admission = { to: 'begin', record: closing, digest, plan };
    const permits: Partial<Permits>[] = [];
    goes = async ({ permits: office }) => {
      for (const at of [ends - 1, ends, ends + HOUR]) permits.push(await office.read(at));
      throw new Refused('That was all.');
    };
    await ended();
    expect(admittedAt).toBe(serverTime);
    expect(permits).toMatchObject([
      { freeze: 'open', record: 'valid' },
      { freeze: 'closed', record: 'valid' },
      { freeze: 'closed', record: 'expired' },
    ]);
  });
});
