import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bed, makeBed, needBed, type Prometheus, startPrometheus } from '@tillgate/testbed';
import { type Draws, drawsOf } from '../evidence/draws.test-kit.ts';
import type { Calibration } from './index.ts';

const here = await needBed('prometheus');
const COMMAND = resolve(import.meta.dirname, '../../../../scripts/calibrate.ts');

const HOURS = 40;
const SCRAPE = 15;
/** Requests of one replica between two scrapes. */
const REQUESTS = 150;
const REPLICAS = 10;
/** Bursts a window and replica, and their mean length: 0.6 % of requests fail. */
const [BURSTS, LENGTH] = [0.18, 5];

/** A past in which all replicas are alike, as OpenMetrics text: one counter each with independent errors and with bursts. */
function pastUntil(end: number): string {
  const draws = drawsOf(11);
  const families: Record<string, (draws: Draws) => number> = {
    independent: (d) => d.poisson(BURSTS * LENGTH),
    bursty(d) {
      let bad = 0;
      for (let left = d.poisson(BURSTS); left > 0; left--) bad += d.geometric(LENGTH);
      return bad;
    },
  };
  const lines: string[] = [];
  const times = Array.from({ length: (HOURS * 3600) / SCRAPE + 1 }, (_, i) => end - HOURS * 3600 + i * SCRAPE);
  lines.push('# TYPE up gauge');
  for (let replica = 0; replica < REPLICAS; replica++)
    for (const at of times) lines.push(`up{job="shop",instance="r${replica}"} 1 ${at}`);
  for (const [name, errors] of Object.entries(families)) {
    lines.push(`# TYPE ${name}_requests counter`);
    for (let replica = 0; replica < REPLICAS; replica++) {
      const of = `job="shop",instance="r${replica}",version="v7"`;
      const bad = times.map(() => errors(draws));
      for (const [code, grows] of [
        ['500', bad],
        ['200', bad.map((each) => REQUESTS - each)],
      ] as const) {
        let value = 0;
        for (const [i, at] of times.entries()) {
          value += grows[i] as number;
          lines.push(`${name}_requests_total{${of},code="${code}"} ${value} ${at}`);
        }
      }
    }
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

const policy = (metric: string, phi: number) => `environments:
  production: { timezone: UTC }
analysis:
  minimum: { time: 1m }
  dispersion: { assumed: ${phi} }
  metrics:
    - name: errors
      query: '${metric}_requests_total{version=~"$candidate|$stable"}'
      share: { label: code, bad: "5.." }
      tolerated: 1
      pass: { below: 0.05 }
`;

(here ? describe : describe.skip)('npm run calibrate, over a past of a real Prometheus whose truth is known', () => {
  const folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
  let bed: Bed;
  let prometheus: Prometheus;
  // Blocks that Prometheus has closed itself end at even hours, too.
  const end = Math.floor(Date.now() / 7_200_000) * 7200 - 7200;
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();

  beforeAll(async () => {
    bed = await makeBed();
    prometheus = await startPrometheus({ bed, intervalSeconds: 15, scrape: [], past: pastUntil(end) });
  }, 300_000);
  afterAll(async () => {
    await bed?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    new Promise<{ code: number; out: string; err: string }>((done) => {
      execFile(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...env } }, (error, out, err) =>
        done({ code: error ? Number(error.code) : 0, out, err }),
      );
    });
  const over = async (metric: string, phi: number, ...more: string[]) => {
    const file = join(folder, `${metric}-${phi}.yml`);
    writeFileSync(file, policy(metric, phi));
    // Three hours of it are before anything was scraped.
    const times = ['--from', at(end - (HOURS + 3) * 3600), '--to', at(end)];
    return run(['--prometheus', prometheus.outside, '--policy', file, ...times, '--share', '20', ...more]);
  };
  /** Asked once for each, because the past does not change. */
  const known = new Map<string, Promise<Calibration>>();
  const figures = (metric: string, phi: number, ...more: string[]) => {
    const key = [metric, phi, ...more].join(' ');
    const own =
      known.get(key) ?? over(metric, phi, '--json', ...more).then(({ out }) => JSON.parse(out) as Calibration);
    known.set(key, own);
    return own;
  };

  it('measures bursts where they are, and none where there are none', async () => {
    // 1 for independent ones; E[B^2] / E[B] = 2 * 5 - 1 = 9 for geometric bursts of 5.
    const independent = (await figures('independent', 1, '--more', '10')).phi.errors as number;
    expect(independent).toBeGreaterThanOrEqual(1);
    expect(independent).toBeLessThan(1.3);
    const bursty = (await figures('bursty', 1, '--more', '10')).phi.errors as number;
    expect(bursty).toBeGreaterThan(7.5);
    expect(bursty).toBeLessThan(11);
  });

  it('finds settings that cry wolf, says so, and what to set instead', async () => {
    const wolf = await over('bursty', 1, '--more', '10');
    expect(wolf.code).toBe(1);
    expect(wolf.out).toContain(
      '**More than the 1 % that alpha promises, beyond chance: do not enforce these settings.**',
    );
    expect(wolf.out).toMatch(/measured:\n {10}errors: (8|9|10)\.\d/);
    const cured = await figures('bursty', 1, '--more', '10');
    expect(cured.asSet.alarms.failed.share).toBeGreaterThan(0.2);
    expect(cured.measured?.alarms.failed.share).toBeLessThan(0.03);
    const calm = await figures('bursty', 9, '--more', '10');
    expect(calm.asSet.alarms.failed.share).toBeLessThan(0.03);
    expect((await figures('independent', 1, '--more', '10')).asSet.alarms.failed.share).toBeLessThan(0.03);
  });

  it('says how long a bad release would have gone on', async () => {
    const chart = join(folder, 'chart.svg');
    const { asSet, share, blank } = await figures('independent', 1, '--more', '100,5', '--chart', chart);
    expect(blank).toHaveLength(3);
    expect(blank.slice(0, 2).every(({ because }) => because.includes('The answer is empty'))).toBe(true);
    expect(blank[2]?.because).toBe('the candidate had no traffic in it'); // one scrape is no increase
    const { alarms, detections } = asSet;
    expect(alarms.starts).toBeGreaterThan(30);
    expect(share).toBeCloseTo(0.2);
    // Everything fails: with 300 of 1,500 requests on the candidate one window is beyond any doubt. It is read 10 s after its end.
    expect(detections[0]).toMatchObject({ more: 1, found: { share: 1 }, median: 25, p90: 25 });
    // 5 % more: of 300 requests 16.8 fail, of the other 1,200 7.2. By hand, with the best alternative (10 times) and these means:
    // 16.8 ln 10 - 24 ln(4200 / 1500) = 14.0 a window, against ln 100 + ln 7 = 6.6: one window, seldom two.
    expect(detections[1]).toMatchObject({ more: 0.05, found: { share: 1 }, median: 25 });
    expect(detections[1]?.p90).toBeLessThanOrEqual(40);
    const svg = readFileSync(chart, 'utf8');
    expect(svg).toContain('5 % more bad');
  });

  it('is the same when it is asked again, and another with another seed', async () => {
    const [one, two, other] = await Promise.all(
      ['1', '1', '2'].map((seed) => over('bursty', 1, '--json', '--more', '3', '--seed', seed)),
    );
    expect(one?.out).toBe(two?.out);
    expect(one?.out).not.toBe(other?.out);
  });

  it.each<[string, string[], string]>([
    ['a metric that is not there', ['--word', 'candidate=nobody', '--word', 'stable=none'], 'The answer is empty'],
    ['a label that parts nothing', ['--split', 'version'], 'there is only v7'],
    ['a label that is not there', ['--split', 'pod'], 'cannot be split by "pod": its series have the labels'],
    ['a past that is too short', ['--from', '30m', '--to', '0s'], 'no room for one release that is watched for 60 min'],
    ['an environment that is not there', ['--environment', 'prod'], 'the environment "prod" is not in'],
    ['a time without an offset', ['--from', '2026-11-20T10:00:00'], 'no RFC 3339 time with an offset'],
    ['a percentage that is none', ['--share', 'ten'], '--share ten: it must be a percentage'],
    ['a Prometheus that is not there', ['--prometheus', 'http://127.0.0.1:1'], 'Prometheus cannot be asked: '],
    ['a policy that is not there', ['--policy', 'no-such.yml'], 'no-such.yml'],
  ])('says what is wrong with %s', async (_, more, message) => {
    const { code, err, out } = await over('independent', 1, ...more);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).not.toContain('    at '); // no stack
  });
});
