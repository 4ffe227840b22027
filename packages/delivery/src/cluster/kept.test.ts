import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Ref } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { begin } from '../begin.ts';
import { digestOfAll, examplePlan, exampleRollback, OLD } from '../example-plan.test-kit.ts';
import type { Plan } from '../plan.ts';
import { Superseded } from '../ports.ts';
import { keptBeside } from './kept.ts';
import { memoryWriter } from './memory-writer.test-kit.ts';
import { EPOCH } from './names.ts';
import { clusterStore } from './store.ts';

const PLAN = examplePlan();
const STATE: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-delivery-odoo' };
const fresh = (plan: Plan, epoch: number) =>
  begin(plan, {
    record: digestOfAll('4'),
    before: { image: OLD, replicas: 3, floor: 3, uid: 'uid-1', configuration: {}, errorShare: null },
    escape: {},
    onInconclusive: 'pause',
    at: 0,
    epoch,
  });

let cluster: ReturnType<typeof memoryWriter>;
const kept = () => keptBeside(cluster.writer, STATE);
const store = (plan = PLAN) =>
  clusterStore(cluster.writer, {
    namespace: 'shop',
    deployment: 'odoo',
    record: 'the release record',
    who: 'us',
    plan,
  });
const data = () => (cluster.objects.at(STATE) as { data?: Record<string, string> } | undefined)?.data ?? {};

beforeEach(async () => {
  cluster = memoryWriter();
  await store().create(fresh(PLAN, 5));
});

describe('records of acts, kept beside the status that they are about', () => {
  const head = digestOf('the release record');
  /** As a runner signs it: what it follows stands in it. */
  const signed = (by: string, follows = head) => `${by} after ${follows}`;
  const act = (by: string, epoch = 5, follows = head) => ({
    epoch,
    head: follows,
    counts: (text: string) => text.endsWith(` after ${follows}`),
    sign: async () => signed(by, follows),
  });

  it('are one for each act: who comes later, however late, goes on with the one that lies there', async () => {
    expect(await kept().keep(act('the first'))).toBe(signed('the first'));
    expect(await kept().keep(act('the rerun'))).toBe(signed('the first'));
    expect((await kept().read()).actRecords).toEqual([signed('the first')]);
  });

  it('are one also when two sign at the same moment', async () => {
    const both = await Promise.all([kept().keep(act('one')), kept().keep(act('other'))]);
    expect(new Set(both).size).toBe(1);
    expect((await kept().read()).actRecords).toEqual([both[0]]);
  });

  it('are not left by whoever was superseded', async () => {
    cluster.objects.put(STATE, { metadata: { name: '', annotations: { [EPOCH]: '6' } }, data: data() } as never);
    await expect(kept().keep(act('a runner that was away'))).rejects.toThrow(Superseded);
    expect((await kept().read()).actRecords).toEqual([]);
  });

  it('leave the head where it is until they are the head themselves: a run may die in between', async () => {
    const delivered = await kept().keep(act('the delivery'));
    const next = digestOf(delivered);
    await kept().keep(act('the rollback', 5, next));
    expect((await kept().read()).actRecords).toEqual([delivered, signed('the rollback', next)]);
  });
});

describe('a status that nobody can read', () => {
  beforeEach(() => {
    const { metadata } = cluster.objects.at(STATE) ?? {};
    cluster.objects.put(STATE, { metadata, data: { ...data(), status: '{"schema":1}' } } as never);
  });

  it('keeps nobody from reading the record beside it, and is told', async () => {
    const { record, status, unreadable } = await kept().read();
    expect([record, status]).toEqual(['the release record', undefined]);
    expect(unreadable).toContain('The state of the delivery is none');
  });

  it('is replaced by a way back under a later epoch, and by nothing else', async () => {
    const back = exampleRollback();
    await expect(store().create(fresh(PLAN, 6))).rejects.toThrow(Superseded);
    await expect(store(back).create(fresh(back, 4))).rejects.toThrow(Superseded);
    await store(back).create(fresh(back, 6));
    expect((await kept().read()).status).toEqual(fresh(back, 6));
  });
});

describe('what people write on the state', () => {
  const annotated = async (annotations: Record<string, string>) => {
    await cluster.writer.patch(STATE, 'merge', { metadata: { annotations } });
    return (await store().load()).commands;
  };

  it.each([
    [{}, 'somebody', undefined],
    [{ 'tillgate.dev/command-by': 'ada' }, 'ada', undefined],
    [{ 'tillgate.dev/command-by': '  ', 'tillgate.dev/command-reason': 'why not' }, 'somebody: why not', undefined],
    [{ 'tillgate.dev/command-by': 'ada', 'tillgate.dev/command-reason': 'a quiet shop' }, 'ada: a quiet shop', true],
  ])('is answered for when it says who and why: %j', async (annotations, by, answeredFor) => {
    const [command] = await annotated({ 'tillgate.dev/command': 'promote', ...annotations });
    expect(command).toMatchObject({ word: 'promote', by });
    expect(command?.answeredFor).toBe(answeredFor);
  });
});
