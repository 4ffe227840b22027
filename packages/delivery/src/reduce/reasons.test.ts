import { describe, expect, it } from '@jest/globals';
import { begin } from '../begin.ts';
import { digestOfAll, examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { encodeStatus, readStatus } from '../schema/status.ts';
import type { Command, Observed, Seen } from '../seen.ts';
import type { Status } from '../status.ts';
import { reduce } from './reduce.ts';

const PLAN = examplePlan();
const LONG = '\u{1f4a5}\u0001'.repeat(3_000);

const beginning = (): Status =>
  begin(PLAN, {
    record: digestOfAll('4'),
    before: { image: OLD, replicas: 2, floor: 2, uid: 'uid-1', configuration: {}, errorShare: null },
    escape: {},
    onInconclusive: 'pause',
    at: 0,
    epoch: 1,
  });
const pods = (image: typeof OLD, ready = 2) => ({
  image,
  settled: true,
  desired: 2,
  ready,
  running: [image],
  crashing: 0,
  restarts: 0,
  stuck: [] as string[],
});
const all: Observed = {
  stable: pods(OLD),
  candidate: pods(NEW),
  candidateShare: 0,
  route: 'open',
  cron: 'stable',
  assigned: null,
  foreign: [],
  waitingFor: [],
};
const stuck: Observed = { ...all, candidate: { ...pods(NEW, 1), stuck: [LONG, LONG] } };
const seen = (changes: Partial<Seen>): Seen => ({
  at: 1_000,
  lanes: { all },
  windows: [],
  faults: [],
  permits: { freeze: 'open', record: 'valid', because: [] },
  commands: [],
  refused: [],
  ...changes,
});
const say = (word: Command['word']): Partial<Seen> => ({ commands: [{ id: word, word, by: LONG }] });

describe('what people, pods and clusters say, however long it is', () => {
  it.each<[string, Partial<Seen>[]]>([
    ['a pause', [say('pause')]],
    ['an abort', [say('pause'), say('abort')]],
    ['what the watchdog says', [say('abandoned')]],
    ['a hand of somebody else', [{ lanes: { all: { ...all, foreign: [LONG] } } }]],
    ['a refusal', [{ refused: [LONG, LONG] }]],
    ['a freeze', [{ permits: { freeze: 'closed', record: 'valid', because: [LONG] } }]],
    ['pods that are stuck', [{ at: 10 * 60_000, lanes: { all: stuck } }]],
    ['a step that is over its time', [{ at: 90 * 60_000, lanes: { all: { ...all, route: 'maintenance' } } }]],
  ])('is kept so that it can be read again: %s', (_, looks) => {
    const first = reduce(PLAN, beginning(), seen({ at: 0 })).status;
    const { status } = looks.reduce((before, look) => ({ status: reduce(PLAN, before.status, seen(look)).status }), {
      status: first,
    });
    expect(status.decided ?? status.paused).toBeDefined();
    expect(readStatus(encodeStatus(status))).toEqual(status);
    // Four of them, escaped, and beside a record, must still lie in one object.
    expect(Buffer.byteLength(JSON.stringify(status.decided ?? status.paused))).toBeLessThan(16_000);
  });
});
