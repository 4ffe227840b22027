import { describe, expect, it } from '@jest/globals';
import type { Phase, Plan, Status, Timeline } from '@tillgate/delivery';
import { digestOfAll, exampleRecord } from '@tillgate/signing/test-kit';
import { summaryOf } from './summary.ts';

const workload = { namespace: 'shop', deployment: 'odoo', container: 'odoo' };
const plan = { from: digestOfAll('0'), to: digestOfAll('1'), images: {}, workload } as Plan;
const decided = { by: 'time', reason: 'Prometheus does not answer.', at: 0 };
const titleOf = (phase: Phase, { decided: turned, fault }: { decided?: typeof decided; fault?: string } = {}) => {
  const status = { history: [], ...(turned && { decided: turned }) } as unknown as Status;
  const timeline = { points: [], said: [] } as unknown as Timeline;
  return summaryOf({ plan, record: exampleRecord(), status, phase, share: '0 %', timeline, fault }).split('\n', 1)[0];
};

describe('the title of a summary', () => {
  it.each([
    ['promoted', {}, /✅/],
    ['promoted', { decided }, /⚠️ .*turned/],
    ['promoted', { fault: 'nothing looked for scheduled jobs' }, /⚠️ .*not shown to be well/],
    ['returned', { decided }, /⛔/],
    ['paused', {}, /⏸️/],
  ] as const)('is as good as the news: %s, %j', (phase, besides, title) => {
    expect(titleOf(phase, besides)).toMatch(title);
  });
});
