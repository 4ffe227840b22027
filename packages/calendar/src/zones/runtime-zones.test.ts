import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { runtimeZones } from './runtime-zones.ts';
import { meaningOf } from './zone.ts';

interface Change {
  at: string;
  before: number;
  after: number;
  freeze: [number, number];
  allow: [number, number] | null;
}
type Told = Record<string, { first: number; changes: Change[] }>;
type Published = { zones: Record<string, { first: number; changes: [string, number, number][] }> };

const here = import.meta.dirname;
const published: Published = JSON.parse(await readFile(join(here, 'fixtures', 'transitions-2024-2028.json'), 'utf8'));
const names = Object.keys(published.zones);
const PROCESS_ZONES = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];

async function told(processZone: string): Promise<string> {
  const script = join(here, '..', 'testing', 'print-transitions.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...names], {
    env: { ...process.env, NODE_OPTIONS: '', TZ: processZone },
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

describe.each(PROCESS_ZONES)('in a process whose own zone is %s', (processZone) => {
  let zones: Told;
  let forms: unknown[];
  beforeAll(async () => {
    ({ zones, forms } = JSON.parse(await told(processZone)));
  });

  it('every form of window takes place at the same moments as in a process in UTC', async () => {
    const utc: { forms: unknown[] } = JSON.parse(await told('UTC'));
    expect(forms.length).toBeGreaterThan(500);
    expect(forms).toEqual(utc.forms);
  });

  it.each(names)('%s changes its clocks when the IANA database says so', (name) => {
    const known = zones[name];
    expect({
      first: known?.first,
      changes: known?.changes.map(({ at, before, after }) => [at, before, after]),
    }).toEqual(published.zones[name]);
  });

  it('no freeze in a gap or fold is lost or gets shorter, and allow windows there only shrink', () => {
    for (const [name, { changes }] of Object.entries(zones)) {
      for (const { freeze, allow, before, after } of changes) {
        const half = Math.abs(after - before) / 2;
        // gap: from the jump to as far behind it as the end lies in the gap
        // fold: from the first occurrence of the start to the last of the end
        const expected = after > before ? [0, half + 10] : [-half, half + 10];
        expect({ name, before, after, freeze }).toEqual({ name, before, after, freeze: expected });
        expect({ name, allow }).toEqual({ name, allow: null });
      }
    }
  });
});

describe('a local time', () => {
  const zone = runtimeZones(Date.UTC(2026, 0), Date.UTC(2027, 0), undefined).zone('Europe/Berlin');
  const wall = (text: string) => Date.parse(`${text}:00Z`);
  const at = (text: string) => Date.parse(text);

  it.each([
    ['on a plain day', '2026-07-01T12:00', { first: at('2026-07-01T10:00:00Z'), last: at('2026-07-01T10:00:00Z') }],
    ['in the gap', '2026-03-29T02:30', { gap: at('2026-03-29T01:00:00Z'), beyond: 30 * 60_000 }],
    ['at the start of the gap', '2026-03-29T02:00', { gap: at('2026-03-29T01:00:00Z'), beyond: 0 }],
    [
      'at the end of the gap',
      '2026-03-29T03:00',
      { first: at('2026-03-29T01:00:00Z'), last: at('2026-03-29T01:00:00Z') },
    ],
    ['in the fold', '2026-10-25T02:30', { first: at('2026-10-25T00:30:00Z'), last: at('2026-10-25T01:30:00Z') }],
    [
      'at the end of the fold',
      '2026-10-25T03:00',
      { first: at('2026-10-25T02:00:00Z'), last: at('2026-10-25T02:00:00Z') },
    ],
  ])('%s', (_, text, meaning) => {
    expect(meaningOf(zone, wall(text))).toEqual(meaning);
  });

  it('of an unknown zone is an error that names it', () => {
    expect(() => runtimeZones(0, 1, undefined).zone('Mars/Olympus')).toThrow(/"Mars\/Olympus" is no time zone/);
  });
});
