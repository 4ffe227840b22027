import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { clockAt } from '@tillgate/host';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { digestOf, subjectOf } from '@tillgate/release';
import { gate } from './gate.ts';

const NOW = Date.parse('2026-11-27T10:00:00Z');
const POLICY = Buffer.from(`
extends: preset:odoo-retail
environments:
  production: { timezone: Europe/Berlin }
calendar:
  windows:
    peak: { kind: freeze, event: { name: black-friday-weekend } }
    books: { kind: freeze, once: { from: 2026-12-01T02:00, to: 2026-12-02T00:00 } }
`);
const subject = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop', digest: digestOf('image') }],
});
const EXCEPTIONS = `
exceptions:
  - id: fix-vat
    windows: [peak]
    release: ${subject.release}
    reason: Wrong VAT on gift cards
    requestedBy: pricing
    approvedBy: head-of-platform
    approvedAt: 2026-11-27T08:00:00Z
    expires: 2026-11-28T08:00:00Z
`;

type Context = Parameters<typeof gate.observe>[0];

function context(inputs: Partial<Context['inputs']> = {}, files: Record<string, string> = {}): Context {
  const at = new Date(NOW).toISOString();
  const known = {
    inputs: { purpose: 'release', mode: 'enforce', ...inputs },
    subject,
    policy: effectivePolicy(loadPolicy(POLICY), subject, undefined, at),
    clock: clockAt(NOW, 'test'),
    signal: new AbortController().signal,
    trusted: {
      name: 'api.github.com',
      clockOffsetMs: () => 250,
      async read(path: string) {
        const text = files[path];
        if (text === undefined) throw new Error(`There is no ${path} on the default branch.`);
        return { bytes: Buffer.from(text), commit: subject.commit, ref: 'main' };
      },
    },
  };
  return known as unknown as Context;
}

describe('freeze-window-check', () => {
  it('tells window, next opening, end and fit, and on what they rest', async () => {
    const asked = context();
    const { seen, evidence, validUntil } = await gate.observe(asked);
    expect(gate.facts(seen, [])).toEqual({
      at: '2026-11-27T10:00:00.000Z',
      purpose: 'release',
      fits: false,
      window: 'peak',
      nextOpening: '2026-12-01T23:00:00.000Z',
      closesAt: '2026-11-27T10:00:00.000Z',
    });
    expect(validUntil).toBe('2026-11-28T10:00:00.000Z');
    expect(evidence.map(({ name }) => name)).toEqual(['clock', 'time-zone data']);
    expect(evidence[0]?.note).toBe('test; 250 ms ahead of api.github.com');
    const shown = await gate.present?.({} as never, seen, asked);
    expect(shown?.outputs).toEqual({
      window: 'peak',
      'next-opening': '2026-12-01T23:00:00.000Z',
      'closes-at': '2026-11-27T10:00:00.000Z',
      fits: 'false',
    });
    expect(shown?.summary).toContain('peak');
  });

  it('durations of the caller only lengthen those of the policy', async () => {
    const shorter = await gate.observe(context({ 'deploy-duration': 0, 'watch-duration': 60_000 }));
    expect([shorter.seen.deployMs, shorter.seen.watchMs]).toEqual([15 * 60_000, 2 * 3_600_000]);
    const longer = await gate.observe(context({ 'watch-duration': 86_400_000 }));
    expect(longer.seen.watchMs).toBe(86_400_000);
  });

  it('an added calendar closes, and cannot lift what the policy says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'added-'));
    const file = join(folder, 'stocktaking.ics');
    const event = ['BEGIN:VEVENT', 'UID:1', 'DTSTART:20261130T230000Z', 'DURATION:P3D', 'END:VEVENT'];
    await writeFile(file, ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...event, 'END:VCALENDAR', ''].join('\r\n'));
    const { seen } = await gate.observe(context({ calendar: file }));
    expect(seen.met.map(({ window }) => window)).toEqual(['peak']);
    expect(seen.nextOpening).toBe('2026-12-03T23:00:00.000Z');
    await writeFile(file, 'no calendar');
    const broken = await gate.observe(context({ calendar: file }));
    expect(broken.seen.feeds).toMatchObject([{ state: 'unreadable' }]);
    await rm(folder, { recursive: true });
  });

  it('takes exceptions from beside the policy only', async () => {
    const inputs = { exceptions: '.github/exceptions.yml' };
    const { seen, evidence } = await gate.observe(context(inputs, { '.github/exceptions.yml': EXCEPTIONS }));
    expect(seen.met[0]?.lift).toMatchObject({ id: 'fix-vat', document: digestOf(EXCEPTIONS) });
    expect(evidence.at(-1)).toMatchObject({ name: 'exceptions', digest: digestOf(EXCEPTIONS) });
    await expect(gate.observe(context(inputs))).rejects.toThrow(/no .github\/exceptions.yml/);
    const misspelt = { '.github/exceptions.yml': EXCEPTIONS.replace('approvedBy', 'aprovedBy') };
    await expect(gate.observe(context(inputs, misspelt))).rejects.toThrow(/did you mean "approvedBy"/);
  });
});
