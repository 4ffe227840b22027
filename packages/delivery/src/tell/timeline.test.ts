import { describe, expect, it } from '@jest/globals';
import { begin } from '../begin.ts';
import type { Tick } from '../drive/drive.ts';
import { exampleInput, exampleRollback, NEW, OLD, digestOfAll as of } from '../example-plan.test-kit.ts';
import type { Said } from '../said.ts';
import type { Observed, Seen } from '../seen.ts';
import type { Status } from '../status.ts';
import { compileCanary } from '../strategies/canary.ts';
import { LANE } from '../strategies/terms.ts';
import { chartOf } from './chart.ts';
import { lineOf } from './lines.ts';
import { deliveryRecordOf } from './records.ts';
import { Timeline } from './timeline.ts';

const PLAN = compileCanary(exampleInput());
const BACK = exampleRollback();
const BEFORE = { image: OLD, replicas: 2, floor: 2, uid: 'u', configuration: {}, errorShare: null };
const workload = (image: typeof OLD, ready: number) => ({
  ...{ image, settled: true, desired: 2, ready, running: [image], crashing: 0, restarts: 0, stuck: [] },
});
const observed = (changes: Partial<Observed> = {}): Observed => ({
  stable: workload(OLD, 2),
  candidate: workload(NEW, 2),
  candidateShare: 1_000,
  route: 'open',
  cron: 'stable',
  assigned: null,
  foreign: [],
  waitingFor: [],
  ...changes,
});
const status = (changes: Partial<Status> = {}): Status => ({
  ...begin(PLAN, { record: of('9'), before: BEFORE, escape: {}, onInconclusive: 'pause', at: 0, epoch: 2 }),
  lanes: { [LANE]: { way: 'forward', step: 1, since: 0, limitFrom: 0, reached: 1_000 } },
  ...changes,
});
const tick = (at: number, changes: Partial<Observed> = {}, said: Said[] = []): Tick => ({
  status: status(),
  seen: { at, lanes: { [LANE]: observed(changes) } } as unknown as Seen,
  said,
});

describe('a line', () => {
  it.each([
    [{ what: 'began', lane: LANE, way: 'forward', step: '10 %', share: 1_000 }, /10 %: begun.*get 10 %/],
    [
      { what: 'turned', lane: LANE, step: '10 %', to: 'stable', by: 'analysis', reason: 'errors' },
      /turned to "stable" by analysis: errors/,
    ],
    [{ what: 'heard', word: 'abort', by: 'ann: wrong prices' }, /abort.*ann: wrong prices/],
    [{ what: 'ended', lane: LANE, end: 'promoted' }, /promoted/],
  ] as const)('tells %j', (said, told) => {
    expect(lineOf({ at: 0, ...said } as Said)).toMatch(told);
  });
});

describe('a timeline', () => {
  it('is one document with what was said and what was to be seen', () => {
    const timeline = new Timeline(PLAN, of('9'));
    timeline.add(tick(0, {}, [{ at: 0, what: 'heard', word: 'pause', by: 'ann' }]));
    timeline.add(tick(1_000, { candidateShare: 5_000 }));
    const document = JSON.parse(timeline.document());
    expect(document.said).toEqual([expect.objectContaining({ what: 'heard', at: '1970-01-01T00:00:00.000Z' })]);
    expect(document.points.map(({ share }: { share: number }) => share)).toEqual([10, 50]);
  });

  it('stays small, however long a delivery takes', () => {
    const timeline = new Timeline(PLAN, of('9'));
    for (let at = 0; at < 100_000; at += 100) timeline.add(tick(at));
    expect(timeline.points.length).toBeLessThanOrEqual(240);
    expect(timeline.points[0]?.at).toBe(0);
    expect(timeline.points.at(-1)?.at).toBeGreaterThan(99_000);
  });
});

describe('a chart', () => {
  it('is drawn from what was seen, with as many values as moments in every line', () => {
    const points = Array.from({ length: 100 }, (_, index) => ({
      at: index * 1_000,
      share: index,
      bad: 0,
      badStable: null,
      towardsFailing: 0.5,
    }));
    const chart = chartOf(points);
    const lists = [...chart.matchAll(/\[([^\]]*)\]/g)].map(([, list]) => (list ?? '').split(', ').length);
    expect(lists).toHaveLength(4);
    expect(new Set(lists).size).toBe(1);
    expect(lists[0]).toBeLessThanOrEqual(41);
    expect(chart).toMatch(/^```mermaid\nxychart-beta\n/);
  });

  it('draws no line of what nobody has seen', () => {
    const points = [0, 1].map((at) => ({ at, share: 5, bad: null, badStable: null, towardsFailing: null }));
    expect(chartOf(points).match(/^ {2}line /gm)).toHaveLength(1);
    expect(chartOf(points)).not.toMatch(/bad|evidence/);
  });

  it('of a way back draws the requests that were counted meanwhile, whoever served them', () => {
    const timeline = new Timeline(BACK, of('9'));
    for (const at of [0, 10_000, 20_000, 30_000]) timeline.add(tick(at));
    const tally = (total: number, bad: number) => ({ total, bad: [bad] });
    const window = (from: number, candidate: number, stable: number) => ({
      ...{ from, to: from + 15_000 },
      metrics: { errors: [{ tenant: '', endpoint: '', candidate: tally(50, candidate), stable: tally(50, stable) }] },
    });
    timeline.measured([window(-15_000, 10, 0), window(0, 3, 1)], 'errors');
    expect(timeline.points.map(({ bad }) => bad)).toEqual([10, 4, null, null]);
  });

  it('is nothing where there is nothing to draw', () => {
    expect(chartOf([])).toBe('');
  });
});

it('a delivery that is not over has no record', () => {
  expect(() => deliveryRecordOf(status(), [], { plan: PLAN } as never)).toThrow('not over');
});
