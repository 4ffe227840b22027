import { describe, expect, it } from '@jest/globals';
import type { Deployment } from './objects.ts';
import { allAwayFault, surgeOf } from './rollout.ts';

const stable = (replicas: number, strategy?: object) =>
  ({
    metadata: { name: 'odoo', namespace: 'shop' },
    spec: { replicas, ...(strategy && { strategy }) },
  }) as unknown as Deployment;
const rolling = (maxUnavailable?: number | string, maxSurge?: number | string) => ({
  type: 'RollingUpdate',
  rollingUpdate: {
    ...(maxUnavailable !== undefined && { maxUnavailable }),
    ...(maxSurge !== undefined && { maxSurge }),
  },
});

// As the API reference of Kubernetes has it (apps/v1, RollingUpdateDeployment): of percentages, maxSurge is rounded up and
// maxUnavailable down, both are 25 % where nothing is said; where both come to nothing, one pod may be away.
describe('a Deployment that replaces its pods', () => {
  it('may have more of them meanwhile', () => {
    const surges = [undefined, rolling(0, '10%'), rolling(0, '100%'), rolling(0, 2), { type: 'Recreate' }];
    expect(surges.map((strategy) => surgeOf(stable(5, strategy)))).toEqual([2, 1, 5, 2, 0]);
  });

  it.each<[string, number, object | undefined]>([
    ['says nothing, and has one pod: 25 % of one are none', 1, undefined],
    ['says nothing, and has three', 3, undefined],
    ['says nothing, and has eight: two may be away', 8, undefined],
    ['names no more than the kind', 2, { type: 'RollingUpdate' }],
    ['lets none be away', 1, rolling(0, 1)],
    ['lets one of two be away', 2, rolling(1, 0)],
    ['lets 99 % of three be away, which are two', 3, rolling('99%', 1)],
    ['lets half of one be away, which is none', 1, rolling('50%', 1)],
    ['adds half a pod, which is one', 1, rolling('0%', '50%')],
    ['comes to nothing, so that one of two is away', 2, rolling('40%', 0)],
  ])('keeps one where it %s', (_, replicas, strategy) => {
    expect(allAwayFault(stable(replicas, strategy))).toBe(undefined);
  });

  it.each<[string, number, object, RegExp]>([
    ['ends them all first', 4, { type: 'Recreate' }, /all pods .*4.* at once.*Recreate.*RollingUpdate/],
    ['lets its only one be away', 1, rolling(1, 0), /maxUnavailable: 1/],
    ['lets two of two be away, whatever it adds', 2, rolling(2, 2), /maxUnavailable: 2.*maxUnavailable: 0/],
    ['lets more be away than there are', 2, rolling(5, 1), /maxUnavailable: 5/],
    ['lets all be away', 3, rolling('100%', 1), /maxUnavailable: 100%/],
    ['comes to nothing for its only one, which is then away', 1, rolling('25%', 0), /maxUnavailable: 25%/],
  ])('loses all where it %s', (_, replicas, strategy, told) => {
    expect(allAwayFault(stable(replicas, strategy))).toMatch(told);
  });

  it('is not taken for safe where its numbers cannot be read', () => {
    expect(allAwayFault(stable(3, rolling('many', 1)))).toMatch(/maxUnavailable: many/);
    expect(allAwayFault(stable(3, { type: 'Later' }))).toMatch(/"Later"/);
  });
});
