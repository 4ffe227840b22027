import { describe, expect, it } from '@jest/globals';
import { connectionsOfPod, roomFault, switchFaults } from './connections.ts';
import type { Deployment } from './objects.ts';

const FOUR = { workers: 4, cronThreads: 2, perProcess: 8, room: 600 };
const stable = (replicas: number, strategy?: object) =>
  ({ metadata: { name: 'odoo' }, spec: { replicas, ...(strategy && { strategy }) } }) as unknown as Deployment;
const surging = (maxSurge: number | string) => ({ rollingUpdate: { maxSurge } });

describe('connections to the database', () => {
  it('are those of each process of a pod: workers, scheduled jobs, and the one for websockets', () => {
    expect(connectionsOfPod(FOUR)).toBe(7 * 8);
    expect(connectionsOfPod({ ...FOUR, workers: 0 })).toBe(8);
  });

  it.each([
    // (6 stable + 1 while they are replaced + 3) x 56 = 560
    [6, 3, 560, undefined],
    [6, 3, 559, /7 x|10 x 56 = 560 .* room for 559.*at most 55/],
    [1, 1, 0, /3 x 56 = 168/],
  ])('of %i stable pods and %i of a candidate beside room for %i', (replicas, candidates, room, told) => {
    const fault = roomFault({ ...FOUR, room }, stable(replicas, surging(1)), candidates);
    if (told) expect(fault).toMatch(told);
    else expect(fault).toBe(undefined);
  });

  it('are refused where the workload starts with other settings than they were counted with', () => {
    const started = (...args: string[]) => switchFaults(FOUR, { name: 'odoo', image: 'x', args });
    expect(started('odoo', '--workers=4', '--max-cron-threads', '2', '--db_maxconn=8')).toEqual([]);
    expect(started('odoo', '--workers=16').join()).toMatch(/--workers=16.*made with 4/);
    expect(started('odoo --db_maxconn 64').join()).toMatch(/--db_maxconn=64.*made with 8/);
  });
});
