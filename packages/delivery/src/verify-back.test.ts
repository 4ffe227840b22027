import { describe, expect, it } from '@jest/globals';
import type { CountWindow } from '@tillgate/analysis';
import { NEW, OLD } from './example-plan.test-kit.ts';
import { type BackSeen, errorsTell, verifyBack } from './verify-back.ts';

const STABLE = { image: OLD, settled: true, desired: 2, ready: 2, running: [OLD], crashing: 0, restarts: 0, stuck: [] };
const windows = (candidate: [number, number], stable: [number, number]): CountWindow[] => [
  {
    from: 0,
    to: 1_000,
    metrics: { errors: [{ tenant: '', endpoint: '', candidate: tally(candidate), stable: tally(stable) }] },
  },
];
const tally = ([bad, total]: [number, number]) => ({ bad: [bad], total });
const SEEN: BackSeen = {
  to: OLD,
  observed: {
    stable: STABLE,
    candidate: null,
    candidateShare: 0,
    route: 'open',
    cron: 'stable',
    assigned: null,
    foreign: [],
    waitingFor: [],
  },
  reconfigured: [],
  windows: windows([0, 0], [1, 1_000]),
  unread: '',
  metric: 'errors',
  byVersion: true,
  errorShareBefore: 0.001,
  jobs: { looks: 3, unread: '' },
  cronThreads: 1,
};
const holds = (changes: Partial<BackSeen> = {}) => verifyBack({ ...SEEN, ...changes }).map((check) => check.holds);
const stable = (changes: object) => ({ observed: { ...SEEN.observed, stable: { ...STABLE, ...changes } } });

describe('what is known after a rollback', () => {
  it('is that all is back', () => {
    expect(holds()).toEqual(['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes']);
  });

  it.each([
    ['were looked for', { jobs: { looks: 1, unread: '' } }, 'yes', 'once'],
    ['were looked for by nobody', { jobs: { looks: 0, unread: '' } }, 'unknown', 'Nothing has looked'],
    ['are not counted', { jobs: { looks: null, unread: 'Away.' } }, 'unknown', 'Away. Look at'],
    ['never ran here', { jobs: { looks: 0, unread: '' }, cronThreads: 0 }, 'yes', 'runs none'],
  ] as const)('is of scheduled jobs whether they %s', (_, changes, so, why) => {
    const jobs = verifyBack({ ...SEEN, ...changes })[5];
    expect(jobs?.holds).toBe(so);
    expect(jobs?.how).toContain(why);
  });

  it('is not that configuration is back where it has changed since, or where nobody knows how it was', () => {
    expect(holds({ reconfigured: ['ConfigMap/odoo-config'] })[6]).toBe('unknown');
    expect(verifyBack({ ...SEEN, reconfigured: ['ConfigMap/odoo-config'] })[6]?.how).toContain(
      'ConfigMap/odoo-config changed',
    );
    expect(holds({ reconfigured: null })[6]).toBe('unknown');
  });

  it.each([
    ['a pod that still runs the other version', stable({ running: [OLD, NEW] }), 0],
    ['a pod that is not ready', stable({ ready: 1 }), 0],
    ['a share that the candidate still has', { observed: { ...SEEN.observed, candidateShare: 500 } }, 1],
    ['requests that it still serves', { windows: windows([0, 1], [0, 10]) }, 2],
    ['errors that are not gone', { windows: windows([0, 0], [40, 1_000]) }, 3],
    ['a crash loop', stable({ crashing: 1 }), 4],
    ['scheduled jobs on the other version', { observed: { ...SEEN.observed, cron: 'candidate' as const } }, 5],
  ])('is not all well with %s', (_, changes, index) => {
    expect(holds(changes)[index]).toBe('no');
  });

  it.each([
    // So few of a share of 5 % would as likely be none: 180 requests have 9 of them, and 9 is three deviations.
    [[0, 10], 0.001, 'unknown'],
    [[1, 10], 0.001, 'unknown'],
    [[0, 180], 0.001, 'unknown'],
    [[0, 181], 0.001, 'yes'],
    [[1, 181], 0.001, 'unknown'],
    [[1, 250], 0.001, 'yes'],
    [[3, 10], 0.001, 'unknown'],
    // Where every tenth fails on a good day, every fifth is what must not be.
    [[5, 50], 0.1, 'unknown'],
    [[20, 200], 0.1, 'yes'],
    [[5, 10], 0.001, 'no'],
    [[2, 1_000], 0, 'unknown'],
    [[4, 1_000], 0, 'no'],
    [[1_060, 100_000], 0.01, 'yes'],
    [[1_200, 100_000], 0.01, 'no'],
  ] as const)('of errors needs more than a few: %j beside a share of %d is %s', (counted, errorShareBefore, so) => {
    expect(holds({ windows: windows([0, 0], [...counted]), errorShareBefore })[3]).toBe(so);
  });

  it.each([
    [[0, 10], 0.001, false],
    [[0, 200], 0.001, true],
    [[5, 10], 0.001, true],
    [[0, 10], null, true],
    [[0, 0], null, false],
  ] as const)('waits for more requests while so many tell nothing: %j beside %s', (counted, errorShareBefore, so) => {
    expect(errorsTell({ windows: windows([0, 0], [...counted]), metric: 'errors', errorShareBefore })).toBe(so);
  });

  it('says of what traffic was measured, where no series tells the versions apart', () => {
    const traffic = (byVersion: boolean) => verifyBack({ ...SEEN, byVersion })[2]?.what;
    expect(traffic(true)).toContain('served by what was taken back');
    expect(traffic(false)).toContain('reaches a candidate');
  });

  it('is not known where nothing could be measured, and says so', () => {
    const unread = verifyBack({ ...SEEN, windows: null, unread: 'No address of Prometheus was given.' });
    expect(unread.map((check) => check.holds)).toEqual(['yes', 'yes', 'unknown', 'unknown', 'yes', 'yes', 'yes']);
    expect(unread[2]?.how).toBe('No address of Prometheus was given.');
    expect(holds({ errorShareBefore: null })[3]).toBe('unknown');
  });

  it('is nothing of traffic where nobody asked for anything', () => {
    const [, , traffic, errors] = verifyBack({ ...SEEN, windows: windows([0, 0], [0, 0]) });
    expect([traffic?.holds, errors?.holds]).toEqual(['unknown', 'unknown']);
    expect(traffic?.how).toBe('Nobody asked for anything meanwhile.');
  });

  it('does not take chance for a defect: four errors where one is usual', () => {
    expect(holds({ windows: windows([0, 0], [4, 1_000]) })[3]).toBe('yes');
  });
});
