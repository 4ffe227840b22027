import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseFeed } from './feed/parse-feed.ts';

const POLICY = `
extends: preset:odoo-retail
environments:
  production: { timezone: Europe/Berlin }
  staging: { timezone: Europe/Berlin }
calendar:
  windows:
    peak:
      kind: freeze
      level: block-all-but-emergency
      reason: Peak; trade, and <nothing> & nobody, for a reason that is long enough to be folded in a file
      event: { name: black-friday-weekend, before: 2d }
    nights: { kind: allow, weekly: [{ days: [mon, thu], from: "22:00", to: "05:00" }] }
    training: { kind: freeze, scope: { environments: [staging] }, once: { from: 2026-06-01T00:00, to: 2026-06-02T00:00 } }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'calendar-'));
  await writeFile(join(folder, 'policy.yml'), POLICY);
});
afterAll(() => rm(folder, { recursive: true }));

function run(...args: string[]) {
  const script = join(import.meta.dirname, 'calendar.cli.ts');
  const command = [script, ...args, '--policy', join(folder, 'policy.yml'), '--out', folder];
  return promisify(execFile)(process.execPath, command, { env: { ...process.env, NODE_OPTIONS: '' } });
}

describe('npm run calendar', () => {
  let table: string;
  beforeAll(async () => {
    table = (await run('2026', '--environment', 'production')).stdout;
  });

  it('prints a year as a table, for one environment', () => {
    const lines = table.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toContainEqual([
      'peak',
      'freeze',
      'block-all-but-emergency',
      'Europe/Berlin',
      '2026-11-25T00:00',
      '2026-12-01T00:00',
      '6 d',
    ]);
    expect(lines.some(([name, , , , , , length]) => name === 'nights' && length?.startsWith('105 times'))).toBe(true);
    expect(table).not.toContain('training');
  });

  it('writes it as iCalendar: folded, with CRLF, in UTC', async () => {
    const text = await readFile(join(folder, 'calendar-2026.ics'), 'utf8');
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    const { recurrences, doubts, events } = await parseFeed(Buffer.from(text), {
      name: 'own',
      category: 'block-all-but-emergency',
      from: Date.UTC(2026, 0),
      to: Date.UTC(2027, 0),
    });
    expect({ doubts, events, zones: [...recurrences.zoned.keys()] }).toEqual({ doubts: [], events: 1, zones: ['UTC'] });
    expect(recurrences.zoned.get('UTC')?.(Date.UTC(2026, 0), Date.UTC(2027, 0))).toEqual([
      { from: Date.parse('2026-11-24T23:00:00Z'), to: Date.parse('2026-11-30T23:00:00Z') },
    ]);
  });

  it('writes it as a picture: a square a day, nothing unescaped', async () => {
    const svg = await readFile(join(folder, 'calendar-2026.svg'), 'utf8');
    expect(svg.match(/<g><title>/g)).toHaveLength(365);
    expect(svg.match(/<title>2026-11-2[5-9] peak<\/title>/g)).toHaveLength(5);
    expect(svg).not.toContain('<nothing>');
  });

  it.each([
    [['2026'], /name one of the policy's environments with --environment: production, staging/],
    [['soon', '--environment', 'production'], /name one year/],
    [['2026', '--environment', 'production', '--class', 'fast'], /"fast" is no class/],
  ])('refuses %j with what to do', async (args, reason) => {
    await expect(run(...args)).rejects.toThrow(reason);
  });
});
