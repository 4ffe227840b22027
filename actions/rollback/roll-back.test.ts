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
const record = exampleRecord();
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
  epoch: 1,
};

let way: WayBack;
let done: string[];
let began: { epoch: number } | undefined;
let left: RecoveryRecord | undefined;
let verified: RecoveryRecord['verified'];
let quarantining: Promise<void>;
let quarantine: { digest: string; reason: string }[];

jest.unstable_mockModule('@tillgate/host', () => ({ ...host, writeWhole: async () => undefined }));
jest.unstable_mockModule('@tillgate/delivery', () => ({
  ...delivery,
  wayBack: () => way,
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
jest.unstable_mockModule('./look-after.ts', () => ({ verifyAfter: async () => verified }));
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

beforeEach(() => {
  process.env.GITHUB_WORKSPACE = '/';
  way = { to: 'begin', record, digest: OLD, plan: plan as never, back: plan as never, asSigned: true };
  [done, began, left, quarantine] = [[], undefined, undefined, []];
  quarantining = Promise.resolve();
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
    quarantining = Promise.reject(new delivery.Refused('The environment object may not be written.'));
    done = [];
    expect(await rolledBack()).toMatchObject({ green: false, summary: expect.stringContaining('may not be written') });
    expect(done).toEqual(['driven']);
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
