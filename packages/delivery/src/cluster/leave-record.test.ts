/**
 * A canary went back by itself, and two are there to record it: the run that delivered, and a rollback that a person asked for.
 * Whatever the moment at which one comes between two calls of the other, and whoever dies there, no record is lost.
 */

import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Ref } from '@tillgate/kubernetes';
import { digestOf, digestOfValue, subjectOf } from '@tillgate/release';
import { parseKeySet, type ReleaseRecord, recordDigest, signRecord, verifyChain } from '@tillgate/signing';
import { exampleRecord, keySetFile, NOW, newKey } from '@tillgate/signing/test-kit';
import { begin } from '../begin.ts';
import { exampleInput, NEW, OLD } from '../example-plan.test-kit.ts';
import { rollbackOf } from '../from-policy.ts';
import type { Plan } from '../plan.ts';
import { encodeStatus } from '../schema/status.ts';
import type { Status } from '../status.ts';
import { compileCanary } from '../strategies/canary.ts';
import { LANE } from '../strategies/terms.ts';
import { deliveryRecordOf, recoveryRecordOf } from '../tell/records.ts';
import { environmentObject } from './environment.ts';
import { keptBeside } from './kept.ts';
import { leaveRecord } from './leave-record.ts';
import { memoryWriter } from './memory-writer.test-kit.ts';
import { clusterStore } from './store.ts';

const key = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const KEYS = new TextDecoder().decode(keySetFile(key.entry));
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'corner-shops/odoo', digest: NEW }],
});
const PLAN = compileCanary(exampleInput({ release: RELEASE.release }));
const FROZEN = JSON.parse(JSON.stringify(PLAN)) as NonNullable<ReleaseRecord['delivery']['frozen']>;
const RECORD = exampleRecord({
  release: RELEASE,
  from: [{ kind: 'image', name: null, digest: OLD }],
  commits: { from: 'b'.repeat(40), to: RELEASE.commit, binding: 'label' },
  delivery: { strategy: 'canary', plan: digestOfValue(FROZEN), frozen: FROZEN, podTemplate: null, watchMs: 1 },
  readmitted: [],
});
const RELEASED = await signRecord(RECORD, key.signer);
const DIGEST = recordDigest(RELEASED);
const STATE: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-delivery-odoo' };
const ENVIRONMENT: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-environment' };
const BEFORE = { image: OLD, replicas: 3, floor: 3, uid: 'uid-1', configuration: {}, errorShare: null };

const statusOf = (plan: Plan, end: 'returned' | 'promoted', epoch = 1): Status => ({
  ...begin(plan, {
    ...{ record: DIGEST, before: BEFORE, escape: {}, onInconclusive: 'safe-state', at: Date.parse(NOW), epoch },
  }),
  lanes: { [LANE]: { way: 'forward', step: 1, since: 0, limitFrom: 0, end } },
});

type Kind = 'delivery' | 'recovery';
let cluster: ReturnType<typeof memoryWriter>;
/** Files that a run has kept for its users. */
let files: Uint8Array[];

/** A cluster in which the release is the head, and its delivery is over and has no record. */
function fresh(end: 'returned' | 'promoted' = 'returned'): void {
  [cluster, files] = [memoryWriter(() => Date.parse(NOW)), []];
  const said = { environment: 'production', policy: digestOf('policy'), keys: KEYS, allowed: `${OLD} ${NEW}` };
  const head = JSON.stringify({ sequence: RECORD.sequence, digest: DIGEST });
  cluster.objects.put(ENVIRONMENT, { metadata: { name: '' }, data: { ...said, head } } as never);
  const metadata = { name: '', annotations: { 'tillgate.dev/epoch': '1' } };
  const data = { record: text(RELEASED), status: encodeStatus(statusOf(PLAN, end)), over: 'true' };
  cluster.objects.put(STATE, { metadata, data } as never);
}

beforeEach(() => fresh());

/** One who leaves a record; before each of its calls something may happen, which it may not survive. */
async function leaves(kind: Kind, happens: (call: number) => Promise<void> | void = () => undefined, epoch = 1) {
  let calls = 0;
  const writer = new Proxy(cluster.writer, {
    get: (_, name) => {
      const member = cluster.writer[name as keyof typeof cluster.writer] as unknown;
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]) => {
        await happens(calls++);
        return member.apply(cluster.writer, given) as unknown;
      };
    },
  });
  const { read: kept, keep } = keptBeside(writer, STATE);
  const environment = environmentObject(writer, 'shop');
  const place = { environment, writer, kept, keep };
  const basis = {
    ...{ record: RECORD, digest: DIGEST, plan: PLAN, run: null, epoch, signer: key.signer },
    save: async (file: Uint8Array) => void files.push(file),
  };
  const back = async () => {
    await environment.quarantine({ digest: NEW, reason: 'wrong prices', at: NOW });
    const verified = [{ what: 'w', holds: 'yes' as const, how: 'h' }];
    const said = { reason: 'wrong prices', askedBy: 'ada', verified, quarantined: [NEW] };
    return leaveRecord(place, {
      ...{ kind: 'recovery', ...basis },
      recordOf: (around) => recoveryRecordOf(Date.parse(NOW), said, around),
    });
  };
  const delivered = () =>
    leaveRecord(place, {
      ...{ kind: 'delivery', ...basis },
      recordOf: (around) => deliveryRecordOf(statusOf(PLAN, 'returned'), [OLD], around),
    });
  const { record } = await (kind === 'delivery' ? delivered() : back());
  return { calls, says: `${record.kind} ${record.sequence}` };
}

/** The chain from the release to the head, by what lies in the cluster alone. Every file that was kept is of it. */
function chain(): string[] {
  const data = (ref: Ref) => (cluster.objects.at(ref) as { data: Record<string, string> }).data;
  const { sequence, digest } = JSON.parse(data(ENVIRONMENT).head as string);
  const acts = [data(STATE)['act-record'], data(STATE)['next-record']].flatMap((each) => each ?? []);
  const all = [RELEASED, ...acts.map((each) => Buffer.from(each))];
  const links = verifyChain(all, parseKeySet(Buffer.from(KEYS)), undefined, NOW);
  expect(links.at(-1)).toMatchObject({ digest, record: { sequence } });
  const known = links.map((link) => link.digest);
  for (const file of files) expect(known).toContain(recordDigest(file));
  return links.map(({ record }) => `${record.kind} ${record.sequence}`);
}

/** Both are in the chain, or, because a delivery record follows its release and nothing else, the way back says it alone. */
const BOTH = { chain: ['release 3', 'delivery 4', 'recovery 5'], delivery: 'delivery 4', recovery: 'recovery 5' };
const BACK_ALONE = { chain: ['release 3', 'recovery 4'], delivery: 'recovery 4', recovery: 'recovery 4' };

describe.each([
  ['the run that delivered', 'delivery', 'the rollback', 'recovery'],
  ['the rollback', 'recovery', 'the run that delivered', 'delivery'],
] as const)('while %s leaves its record', (_, slow, __, quick) => {
  it('the other may come at any moment, and at any moment be overtaken', async () => {
    const { calls: ofSlow } = await leaves(slow);
    fresh();
    const { calls: ofQuick } = await leaves(quick);
    for (const [at, until] of pairs(ofSlow, ofQuick + 1)) {
      fresh();
      const overtaken = Promise.withResolvers<void>();
      const overtakes = Promise.withResolvers<void>();
      let other: ReturnType<typeof leaves> | undefined;
      const one = await leaves(slow, async (call) => {
        if (call !== at) return;
        other = leaves(quick, (its) => {
          if (its !== until) return;
          overtaken.resolve();
          return overtakes.promise;
        });
        await Promise.race([other, overtaken.promise]);
      });
      overtakes.resolve();
      expectWhole({ at, until, [slow]: one.says, [quick]: (await other)?.says });
    }
  });

  it('it may die at any moment, the other comes, and then it is run again', async () => {
    const { calls } = await leaves(slow);
    for (let at = 0; at < calls; at++) {
      fresh();
      const dies = (call: number) => {
        if (call === at) throw new Error('It died.');
      };
      await expect(leaves(slow, dies)).rejects.toThrow('It died.');
      const { says: other } = await leaves(quick);
      expectWhole({ at, [slow]: (await leaves(slow)).says, [quick]: other });
    }
  });
});

describe('while the run that delivered leaves the record of what it promoted', () => {
  it('a rollback may take it back at any moment', async () => {
    fresh('promoted');
    const { calls } = await leaves('delivery');
    for (let at = 0; at < calls; at++) {
      fresh('promoted');
      let other = '';
      const took = leaves('delivery', async (call) => {
        if (call !== at) return;
        await beginsBack();
        ({ says: other } = await leaves('recovery', undefined, 2));
      });
      const says = await took.then((left) => left.says).catch((cause: Error) => cause.name);
      const links = chain();
      // Who holds the delivery no longer leaves no record of it: the way back says it alone.
      if (says === 'Superseded')
        expect({ at, other, links }).toEqual({ at, other: 'recovery 4', links: BACK_ALONE.chain });
      else expectWhole({ at, delivery: says, recovery: other });
    }
  });

  /** As a rollback does it: the state becomes that of the way back, under the next epoch. */
  async function beginsBack() {
    const lying = await keptBeside(cluster.writer, STATE).read();
    const { head } = await environmentObject(cluster.writer, 'shop').read();
    const actRecord = lying.actRecords.find((each) => recordDigest(Buffer.from(each)) === head?.digest);
    const plan = rollbackOf(PLAN);
    const kept = { record: text(RELEASED), ...(actRecord !== undefined && { actRecord }) };
    const store = clusterStore(cluster.writer, { namespace: 'shop', deployment: 'odoo', who: 'us', plan, ...kept });
    await store.create(statusOf(plan, 'returned', 2));
  }
});

function expectWhole(became: Record<string, unknown>): void {
  const links = chain();
  expect({ ...became, chain: links }).toEqual({ ...became, ...(links.length === 3 ? BOTH : BACK_ALONE) });
}

const pairs = (ones: number, others: number) =>
  Array.from({ length: ones * others }, (_, index) => [Math.floor(index / others), index % others] as const);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
