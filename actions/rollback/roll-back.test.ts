/** What a rollback does around its way: what it asks for first, what it leaves, and what it calls itself. */

import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { WayBack } from '@tillgate/delivery';
import type { RecoveryRecord } from '@tillgate/signing';
import { exampleRecord, keySetFile, newKey } from '@tillgate/signing/test-kit';
import type { RollBackFrame } from './roll-back.ts';

const delivery = await import('@tillgate/delivery');
const cluster = await import('@tillgate/delivery/cluster');
const host = await import('@tillgate/host');
const signing = await import('@tillgate/signing');

const key = newKey('ed25519', { kinds: ['release', 'recovery'] });
const record = exampleRecord({ readmitted: [] });
const [OLD, NEW] = [`sha256:${'0'.repeat(64)}`, `sha256:${'1'.repeat(64)}`] as const;
const plan = {
  from: OLD,
  to: NEW,
  workload: { namespace: 'shop', deployment: 'odoo', container: 'odoo' },
  images: {},
  waves: [['all']],
};
const returned = {
  lanes: { all: { way: 'old', step: 1, since: 0, limitFrom: 0, end: 'returned' } },
  before: {},
  history: [],
  startedAt: Date.parse(record.issued),
  epoch: 1,
};

let way: WayBack;
let done: string[];
let began: { epoch: number } | undefined;
let left: RecoveryRecord | undefined;
let verified: RecoveryRecord['verified'];
let verifying: () => Promise<RecoveryRecord['verified']>;
let keeping: () => Promise<void>;
let quarantining: Promise<void>;
let quarantine: { digest: string; reason: string }[];

jest.unstable_mockModule('@tillgate/host', () => ({ ...host, writeWhole: async () => undefined }));
jest.unstable_mockModule('@tillgate/delivery', () => ({
  ...delivery,
  wayBack: () => way,
  contradictionOf: () => undefined,
  drive: async () => {
    done.push('driven');
    return { status: returned, because: 'over' };
  },
  begin: (_: unknown, told: { epoch: number }) => {
    began = told;
    return {};
  },
  escapeOf: () => ({}),
}));
jest.unstable_mockModule('./look-after.ts', () => ({ verifyAfter: () => verifying() }));
jest.unstable_mockModule('@tillgate/delivery/cluster', () => ({
  ...cluster,
  openDelivery: () => ({
    writer: { credentials: [], now: async () => Date.parse(record.issued) },
    environment: {
      read: async () => ({
        environment: 'production',
        head: { sequence: 3, digest: OLD },
        keys: new TextDecoder().decode(keySetFile(key.entry)),
        quarantine,
      }),
      swap: async () => undefined,
      quarantine: async (entry: { digest: string; reason: string }) => {
        await quarantining;
        done.push('quarantine');
        quarantine.push(entry);
        return { environment: 'production', head: { sequence: 3, digest: OLD }, quarantine };
      },
    },
    identity: async () => record.environment.identity,
    kept: async () => ({ record: 'a record', actRecords: [], over: true, status: returned }),
    keep: async ({ sign }: { sign(): Promise<string> }) => {
      await keeping();
      const signed = await sign();
      const keys = signing.parseKeySet(keySetFile(key.entry));
      left = signing.readSignedActRecord(Buffer.from(signed), keys, 'recovery', 'refuse');
      return signed;
    },
    epoch: async () => 6,
    at: () => ({ target: { before: async () => ({}), observe: async () => ({}) } }),
    store: () => ({
      load: async () => ({ at: 0, found: undefined }),
      check: () => undefined,
      create: async () => done.push('state'),
    }),
  }),
}));

const { rollBack } = await import('./roll-back.ts');
const { inputs } = await import('./inputs.ts');

const rolledBack = (changes: Record<string, unknown> = {}) =>
  rollBack({
    inputs: {
      namespace: 'shop',
      workload: 'deployment/odoo',
      reason: 'wrong prices',
      confirm: 'production',
      execute: true,
      quarantine: true,
      'signing-key': key.privateKey,
      'recovery-record-file': 'recovery.json',
      'unfinished-only': false,
      'github-token': '',
      ...changes,
    },
    secrets: { add: () => undefined },
    log: { info: () => undefined, warn: () => undefined },
    signal: new AbortController().signal,
  } as unknown as RollBackFrame);

/** A promise that fails whenever somebody looks at it. */
function refusing(cause: Error): Promise<never> {
  const refused = Promise.reject(cause);
  refused.catch(() => undefined); // looked at by the act, later
  return refused;
}

beforeEach(() => {
  process.env.GITHUB_WORKSPACE = '/';
  way = { to: 'begin', record, digest: OLD, plan: plan as never, back: plan as never, asSigned: true };
  [done, began, left, quarantine] = [[], undefined, undefined, []];
  quarantining = Promise.resolve();
  [verifying, keeping] = [async () => verified, async () => undefined];
  verified = [{ what: 'w', holds: 'yes', how: 'h' }];
});

describe('a rollback', () => {
  it.each(['', ' \n\t', 'x'.repeat(8_193)])(
    'asks for a reason that can be written down, before anything is touched',
    async (reason) => {
      await expect(rolledBack({ reason })).rejects.toThrow('reason');
      expect(done).toEqual([]);
    },
  );

  it('puts the image under quarantine first, and says so', async () => {
    const { summary } = await rolledBack();
    expect(done).toEqual(['quarantine', 'state', 'driven']);
    expect(left?.quarantined).toEqual([NEW]);
    expect(summary).toContain('is under quarantine');
  });

  it('lets nobody wait for the quarantine while clients are on a canary', async () => {
    way = { ...way, to: 'turn' } as WayBack;
    quarantining = new Promise((resolve) => setTimeout(resolve, 50));
    await rolledBack();
    expect([done, left?.quarantined]).toEqual([['driven', 'quarantine'], [NEW]]);
  });

  it('is not gone where the quarantine that comes first is refused', async () => {
    quarantining = refusing(new delivery.Refused('The environment object may not be written.'));
    const { summary, outputs } = await rolledBack();
    expect(summary).toContain('⛔ Not rolled back');
    expect([done, outputs]).toEqual([[], expect.objectContaining({ from: '', to: '', verified: '' })]);
  });

  describe('that is gone, and of which something is missing', () => {
    const { Refused, Superseded, Unavailable } = delivery;
    const refused = new Refused('The environment object may not be written.');
    const superseded = new Superseded('Somebody else has written the chain.');
    const away = new Unavailable('Nobody answers.');
    const turn = () => ({ to: 'turn', record, digest: OLD, plan, back: plan, asSigned: true }) as never;
    const verify = () => ({ ...(turn() as object), to: 'verify', went: plan, status: returned }) as never;
    const noQuarantine = (cause: Error) => () => (quarantining = refusing(cause));
    const noRecord = (cause: Error) => () => (keeping = () => Promise.reject(cause));
    const noLook = (cause: Error) => () => (verifying = () => Promise.reject(cause));

    it.each([
      ['the quarantine of a canary', turn, noQuarantine(refused), 'yes', 'not under quarantine'],
      ['the quarantine of what is back already', verify, noQuarantine(superseded), 'yes', 'not under quarantine'],
      ['the quarantine, as the API server went away', turn, noQuarantine(away), 'yes', 'not under quarantine'],
      ['the record', () => way, noRecord(superseded), 'yes', 'No record of it is left'],
      ['the record, which may not be written', turn, noRecord(refused), 'yes', 'No record of it is left'],
      ['the look at it', turn, noLook(away), 'partly', 'It was not looked at'],
    ] as const)('says so, and that it is back: %s', async (_, of, fails, looked, why) => {
      way = of();
      fails();
      const { outcome, green, outputs, summary = '', reasons } = await rolledBack();
      expect({ outcome, green }).toEqual({ outcome: 'fail', green: false });
      expect(outputs).toMatchObject({ from: NEW, to: OLD, verified: looked, 'recovery-record': '' });
      expect(summary).toMatch(/^## ❌ Back, but not all was done/);
      expect(summary).not.toMatch(/not rolled back/i);
      expect(summary.includes('is under quarantine')).toBe(!why.includes('quarantine'));
      for (const told of [summary, reasons?.join(' ')])
        expect(told).toMatch(new RegExp(`${why}[\\s\\S]*Run it again|Run it again[\\s\\S]*${why}`));
      if (looked === 'yes') expect(summary).toContain('| ✅ yes | w | h |');
      expect(left).toBeUndefined();
    });

    it('says what is not as it should be as well', async () => {
      way = turn();
      quarantining = refusing(refused);
      verified = [{ what: 'Workers are alive', holds: 'no', how: 'h' }];
      const { outputs, reasons } = await rolledBack();
      expect([outputs?.verified, reasons?.join(' ')]).toEqual(['no', expect.stringContaining('Workers are alive')]);
    });

    it('is completed by running it again', async () => {
      way = verify();
      quarantining = refusing(refused);
      await rolledBack();
      quarantining = Promise.resolve();
      expect(await rolledBack()).toMatchObject({ green: true, outcome: 'pass' });
      expect([done, left?.quarantined]).toEqual([['quarantine'], [NEW]]);
    });
  });

  it('leaves the image free where it is told to: an interruption is no evidence', async () => {
    const { summary } = await rolledBack({ quarantine: false });
    expect(done).toEqual(['state', 'driven']);
    expect(left?.quarantined).toEqual([]);
    expect(summary).not.toContain('is under quarantine');
    const told = await rolledBack({ quarantine: false, execute: false });
    expect(told.summary).not.toContain('quarantine');
    expect(inputs.quarantine.parse(inputs.quarantine.default as string)).toBe(true);
  });

  it('begins above every epoch that objects bear, though the state that knew them is gone', async () => {
    await rolledBack();
    expect(began?.epoch).toBe(7);
  });

  it.each([
    ['yes', 'pass', true],
    ['unknown', 'warn', true],
    ['no', 'fail', false],
  ] as const)('of which something is "%s" ends with %s', async (holds, outcome, green) => {
    verified = [...verified, { what: 'Workers are alive', holds, how: 'h' }];
    const ending = await rolledBack();
    expect(ending).toMatchObject({ outcome, green });
    expect(ending.reasons?.join() ?? '').toMatch(holds === 'yes' ? /^$/ : /Workers are alive/);
  });
});
