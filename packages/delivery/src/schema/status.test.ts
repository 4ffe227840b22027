import { describe, expect, it } from '@jest/globals';
import { begin } from '../begin.ts';
import { digestOfAll, examplePlan, OLD } from '../example-plan.test-kit.ts';
import type { Status } from '../status.ts';
import { encodeStatus, readStatus, requireOfPlan, STATUS_LIMIT } from './status.ts';

const PLAN = examplePlan();
const STATUS = begin(PLAN, {
  record: digestOfAll('4'),
  before: { image: OLD, replicas: 3, floor: 3, uid: 'uid-1', configuration: {}, errorShare: 0.01 },
  escape: { stable: [{ resource: 'deployments.apps', name: 'odoo', type: 'json', patch: [] }] },
  onInconclusive: 'safe-state',
  at: 1_000,
  epoch: 1,
});
const first = PLAN.waves[0]?.[0]?.steps[0];
const lane = (changes: object) => ({ all: { way: 'forward', step: 0, since: 0, limitFrom: 0, ...changes } });

describe('a status as it lies in the cluster', () => {
  it('comes back as it was written', () => {
    const intent = { lane: 'all', step: 'prepare', goal: first?.goal };
    const status = { ...STATUS, lanes: lane({ intent, reached: 5 }) } as Status;
    expect(readStatus(encodeStatus(status))).toEqual(status);
    expect(() => requireOfPlan(PLAN, status)).not.toThrow();
  });

  it('is not written where it could not be read again, so that what stands there stays', () => {
    const paused = { by: 'command', reason: 'x'.repeat(9_000), at: 0 };
    expect(() => encodeStatus({ ...STATUS, paused })).toThrow('could not be read again: paused.reason');
  });

  it.each<[string, object, string]>([
    ['of a newer schema', { schema: 2 }, 'of schema 2, this version knows 1: a newer one began this delivery'],
    ['with a member that nobody knows', { force: true }, 'force'],
    ['without an epoch', { epoch: undefined }, 'epoch'],
    ['with a way that is none', { lanes: lane({ way: 'sideways' }) }, 'lanes.all.way'],
    ['with a lane that is no name', { lanes: { __proto__x: lane({}).all } }, 'lanes'],
    ['with a time that is none', { startedAt: 'noon' }, 'startedAt'],
  ])('is refused %s', (_, changes, why) => {
    expect(() => readStatus(JSON.stringify({ ...STATUS, ...changes }))).toThrow(why);
  });

  it.each([
    ['no JSON', '{', 'is not JSON'],
    ['null', 'null', 'is none'],
    ['too large', ' '.repeat(STATUS_LIMIT + 1), `at most ${STATUS_LIMIT} are read`],
  ])('is refused where it is %s', (_, text, why) => {
    expect(() => readStatus(text)).toThrow(why);
  });

  it.each<[string, object, string]>([
    ['another plan', { plan: digestOfAll('9') }, 'names plan sha256:999'],
    ['a step that is not there', { lanes: lane({ step: 6 }) }, 'names step 6 on the way "forward"'],
    ['a way that is not there', { lanes: lane({ way: 'maintenance' }) }, 'on the way "maintenance"'],
    ['a lane that is not there', { lanes: { other: lane({}).all } }, 'names lane "other"'],
    [
      'a goal of another version',
      {
        lanes: lane({
          intent: { lane: 'all', step: 'prepare', goal: { ...first?.goal, candidate: digestOfAll('f') } },
        }),
      },
      'names another goal',
    ],
    [
      'evidence of another plan',
      {
        evidence: {
          beside: { schema: 1, plan: digestOfAll('9'), cursor: 0, since: 0, compared: 0, sessions: 0, metrics: {} },
        },
      },
      'evidence of another plan',
    ],
  ])('is refused when it names %s', (_, changes, why) => {
    const edited = readStatus(JSON.stringify({ ...STATUS, ...changes }));
    expect(() => requireOfPlan(PLAN, edited)).toThrow(why);
  });
});
