import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { observeCalendar } from '../observe.ts';
import { question } from '../testing/calendar.ts';
import { posixPeriods } from './posix-tz.ts';
import { runtimeZones } from './runtime-zones.ts';
import { systemZones } from './system-zones.ts';
import { tzifPeriods } from './tzif.ts';
import { agree } from './zone.ts';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'zoneinfo-2026f');
const FROM = Date.UTC(2026, 8);
const TO = Date.UTC(2028, 0);

describe('the system’s zone files', () => {
  it('are read with their release, for the zones in use', async () => {
    const found = await systemZones(
      ['America/Winnipeg', 'Europe/Berlin', 'Asia/Tokyo', '../../etc/passwd'],
      FROM,
      TO,
      FIXTURE,
    );
    expect(found?.release).toBe('2026f');
    expect([...(found?.zones.keys() ?? [])]).toEqual(['America/Winnipeg', 'Europe/Berlin']);
  });

  it('keep the same time as this runtime for Berlin, far ahead by the rule in the footer too', async () => {
    const far = [Date.UTC(2060, 0), Date.UTC(2062, 0)] as const;
    for (const [from, to] of [[FROM, TO] as const, far]) {
      const zone = (await systemZones(['Europe/Berlin'], from, to, FIXTURE))?.zones.get('Europe/Berlin');
      expect(zone && agree(zone, runtimeZones(from, to, undefined).zone('Europe/Berlin'), from, to)).toBe(true);
    }
  });

  it('are nothing where there are none', async () => {
    expect(await systemZones(['Europe/Berlin'], FROM, TO, join(FIXTURE, 'none'))).toBeUndefined();
  });
});

describe('zone data that disagree', () => {
  const freeze = {
    windows: {
      morning: {
        kind: 'freeze' as const,
        zone: ['America/Winnipeg'],
        once: { from: '2026-11-27T08:00', to: '2026-11-27T09:00' },
      },
    },
  };
  const allow = { windows: { morning: { ...freeze.windows.morning, kind: 'allow' as const } } };
  // central standard time by one table (UTC-6), central daylight time by the other (UTC-5)
  const [early, late, end] = ['2026-11-27T13:00:00.000Z', '2026-11-27T14:00:00.000Z', '2026-11-27T15:00:00.000Z'];

  async function seenWith(calendar: typeof freeze | typeof allow, release: string, at: string) {
    const system = await systemZones(['America/Winnipeg'], FROM, TO, FIXTURE);
    return observeCalendar(
      question(calendar, at, {
        zoneRelease: '2026c',
        systemZones: system && { ...system, release },
        deployMs: 1,
        watchMs: 0,
      }),
    );
  }

  it('widen a freeze, and the verdict says so', async () => {
    const seen = await seenWith(freeze, '2026f', '2026-11-27T13:30:00Z');
    expect(seen.zoneData).toEqual({ runtime: '2026c', system: '2026f', disagreeing: ['America/Winnipeg'] });
    expect(seen.met.map(({ start, end: until }) => [start, until])).toEqual([[early, end]]);
  });

  it('narrow an allow window: here to nothing, because only the common part counts', async () => {
    const seen = await seenWith(allow, '2026f', '2026-11-27T14:00:00Z');
    expect(seen.nextOpening).toBeUndefined();
  });

  it('do not matter where the system’s are older', async () => {
    const seen = await seenWith(freeze, '2025b', '2026-11-27T14:30:00Z');
    expect(seen.zoneData.disagreeing).toEqual([]);
    expect(seen.met.map(({ start, end: until }) => [start, until])).toEqual([[late, end]]);
  });
});

describe('a zone file that is none', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zoneinfo-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['is empty', new Uint8Array(0), /cut short/],
    ['is a text', Buffer.from('this is no zone file, whatever its name says it is'), /does not start with TZif/],
    ['is cut short', Buffer.concat([Buffer.from('TZif2'), Buffer.alloc(15), Buffer.alloc(24, 1)]), /cut short/],
  ])('%s', async (_, bytes, reason) => {
    expect(() => tzifPeriods(bytes, FROM, TO)).toThrow(reason);
    await writeFile(join(folder, 'Zulu'), bytes);
    await expect(systemZones(['Zulu'], FROM, TO, folder)).rejects.toThrow(reason);
  });
});

describe('the rule in a footer', () => {
  const year = [Date.UTC(2026, 0), Date.UTC(2027, 0)] as const;
  // rules as RFC 8536 and the IANA database have them; the dates are published
  it.each([
    ['EST5EDT,M3.2.0,M11.1.0', ['2026-03-08T07:00:00.000Z', '2026-11-01T06:00:00.000Z']],
    ['CET-1CEST,M3.5.0,M10.5.0/3', ['2026-03-29T01:00:00.000Z', '2026-10-25T01:00:00.000Z']],
    ['<+1030>-10:30<+11>-11,M10.1.0,M4.1.0', ['2026-04-04T15:00:00.000Z', '2026-10-03T15:30:00.000Z']],
    ['IST-2IDT,M3.4.4/26,M10.5.0', ['2026-03-27T00:00:00.000Z', '2026-10-24T23:00:00.000Z']],
    ['<-02>2<-01>,M3.5.0/-1,M10.5.0/0', ['2026-03-29T01:00:00.000Z', '2026-10-25T01:00:00.000Z']],
    ['EST5EDT,J60/2,J300/2', ['2026-03-01T07:00:00.000Z', '2026-10-27T06:00:00.000Z']],
  ])('%s', (rule, changes) => {
    const inYear = posixPeriods(rule, ...year).filter(({ since }) => since >= year[0] && since < year[1]);
    expect(inYear.map(({ since }) => new Date(since).toISOString())).toEqual(changes);
  });

  it('that cannot be read is an error', () => {
    expect(() => posixPeriods('CET-1CEST,nonsense', ...year)).toThrow(/cannot be read/);
    expect(() => posixPeriods('CET-1CEST,M3.5.0,x', ...year)).toThrow(/date that cannot be read/);
  });
});
