/** Whether what everybody has runs scheduled jobs, which no candidate did. Times are those of an idle Odoo 19, which looks every 60 to 70 s. */

import { describe, expect, it } from '@jest/globals';
import type { JobsSeen, Plan, Status } from '@tillgate/delivery';
import { examplePlan, NEW } from '@tillgate/delivery/test-kit';
import { jobsFault } from './jobs.ts';

const HOUR = 3_600_000;

function fault(seen: JobsSeen | undefined, { watched = HOUR, cronThreads = 1 } = {}) {
  const asked: unknown[] = [];
  const looks =
    seen &&
    (async (...question: unknown[]) => {
      asked.push(question);
      return seen;
    });
  const plan: Plan = {
    ...examplePlan(),
    shared: { sessions: null, connections: { workers: 2, cronThreads, perProcess: 4, room: 100 } },
  };
  const status = { history: [{ reached: 10 * HOUR, left: 10 * HOUR + watched }] } as unknown as Status;
  return jobsFault(plan, status, looks).then((text) => ({ text, asked }));
}

describe('scheduled jobs after promotion', () => {
  it('are well where they were looked for at the end of the watch', async () => {
    const { text, asked } = await fault({ looks: 3, unread: '' });
    expect(text).toBeUndefined();
    expect(asked).toEqual([[NEW, 11 * HOUR - 210_000, 11 * HOUR]]);
  });

  it('are told of where nobody looked for them, or where that cannot be read', async () => {
    expect((await fault({ looks: 0, unread: '' })).text).toContain('nothing looked for scheduled jobs');
    expect((await fault({ looks: null, unread: 'It is away.' })).text).toContain('It is away.');
  });

  it('are not judged by a watch that is shorter than an Odoo sleeps, without a counter, or where none run', async () => {
    for (const { text, asked } of [
      await fault({ looks: 0, unread: '' }, { watched: 200_000 }),
      await fault(undefined),
      await fault({ looks: 0, unread: '' }, { cronThreads: 0 }),
    ])
      expect([text, asked]).toEqual([undefined, []]);
  });
});
