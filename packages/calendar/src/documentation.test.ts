import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { COMPUTED_EVENTS, CONFIGURED_EVENTS, loadPolicy } from '@tillgate/policy';
import { judgeFreeze } from './judge.ts';
import { observeCalendar } from './observe.ts';
import { question } from './testing/calendar.ts';

const page = await readFile(join(import.meta.dirname, '../../../docs/calendar.md'), 'utf8');

it('the calendar on the page is one that can be used', async () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const environments = 'environments:\n  production: { timezone: Europe/Berlin }\n';
  const { policy } = loadPolicy(Buffer.from(`extends: preset:odoo-retail\n${environments}${example}`));
  expect(Object.keys(policy.calendar.windows)).toEqual(['peak', 'books', 'nights', 'promotions']);
  const seen = await observeCalendar(question(policy.calendar, '2026-11-27T10:00:00Z', { zoneRelease: '2026c' }));
  expect(judgeFreeze(seen, 'enforce').map(({ place }) => place)).toEqual(['calendar.windows.peak']);
});

it('the page names every event', () => {
  for (const name of [...COMPUTED_EVENTS, ...CONFIGURED_EVENTS]) expect(page).toContain(`\`${name}\``);
});
