import { describe, expect, it } from '@jest/globals';
import type { Cluster, WorkloadSeen } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { ENVIRONMENT_OBJECT, observeProduction, runningDigests } from './observe.ts';

const [A, B] = [digestOf('a'), digestOf('b')];
const WHERE = { environment: 'production', namespace: 'shop', workload: 'odoo', container: 'odoo', policy: A };
const OBJECT = {
  environment: 'production',
  policy: A,
  keys: '{"keys": []}',
  head: JSON.stringify({ sequence: 3, digest: B, commit: 'c' }),
};
const STEADY: WorkloadSeen = {
  desiredReplicas: 2,
  settled: true,
  container: 'odoo',
  image: 'shop/odoo:19',
  podTemplate: A,
  ready: [
    { pod: 'odoo-1', digest: B },
    { pod: 'odoo-2', digest: A },
    { pod: 'odoo-3', digest: B },
  ],
};

/** A cluster that answers as it is told, and writes down what it was asked. */
function scripted(object: Record<string, string> | undefined, workload: WorkloadSeen | undefined = STEADY) {
  const asked: string[] = [];
  const cluster: Cluster = {
    credentials: [],
    uid: async () => 'uid-1',
    configMap: async (...what) => {
      asked.push(what.join('/'));
      return object;
    },
    deployment: async (...what) => {
      asked.push(what.join('/'));
      return workload;
    },
  };
  return { cluster, asked };
}
const observe = (object?: Record<string, string>, workload?: WorkloadSeen) =>
  observeProduction(scripted(object, workload).cluster, WHERE);

describe('observing production', () => {
  it('asks for the environment object and the workload of one namespace', async () => {
    const { cluster, asked } = scripted(OBJECT);
    expect(await observeProduction(cluster, WHERE)).toEqual({
      environment: 'production',
      identity: { clusterUid: 'uid-1', namespace: 'shop', workload: 'deployment/odoo' },
      object: {
        environment: 'production',
        policy: A,
        keys: OBJECT.keys,
        head: { sequence: 3, digest: B, commit: 'c' },
        faults: [],
      },
      policy: A,
      workload: STEADY,
    });
    expect(asked.sort()).toEqual(['shop/odoo/odoo', `shop/${ENVIRONMENT_OBJECT}`]);
  });

  it('knows each digest that runs once, in an order that does not change', async () => {
    expect(runningDigests(await observe(OBJECT))).toEqual([A, B].sort());
    const silent: WorkloadSeen = { ...STEADY, ready: [{ pod: 'x', digest: undefined }] };
    expect(runningDigests(await observe(OBJECT, silent))).toEqual([]);
  });

  it.each([
    ['no object', undefined, undefined],
    ['an empty one', {}, ['keys is missing']],
    ['no head: the first record is still to come', { ...OBJECT, head: '' }, []],
    ['a head that is no JSON', { ...OBJECT, head: 'sequence 3' }, ['head is no JSON']],
    ['a head that is null', { ...OBJECT, head: 'null' }, ['head is no JSON']],
    [
      'a head with sequence 0',
      { ...OBJECT, head: JSON.stringify({ sequence: 0, digest: B }) },
      ['head lacks a sequence of at least 1 or a digest'],
    ],
    [
      'a head with half a sequence',
      { ...OBJECT, head: JSON.stringify({ sequence: 1.5, digest: B }) },
      ['head lacks a sequence of at least 1 or a digest'],
    ],
    [
      'a head without digest',
      { ...OBJECT, head: JSON.stringify({ sequence: 1, digest: 'sha256:abc' }) },
      ['head lacks a sequence of at least 1 or a digest'],
    ],
    ['a policy that is no digest', { ...OBJECT, policy: 'main' }, ['policy is no digest']],
    ['empty keys', { ...OBJECT, keys: '' }, ['keys is missing']],
  ])('with %s', async (_, object, faults) => {
    expect((await observe(object)).object?.faults).toEqual(faults);
  });

  it('does not turn an error of the cluster into an absence', async () => {
    const { cluster } = scripted(OBJECT);
    const broken: Cluster = { ...cluster, deployment: async () => Promise.reject(new Error('503')) };
    await expect(observeProduction(broken, WHERE)).rejects.toThrow('503');
  });
});
