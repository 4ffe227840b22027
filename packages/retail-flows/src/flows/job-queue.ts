import { defineFlow } from '../flow.ts';
import { hourAgo } from '../steps/queues.ts';

interface Job {
  name: string;
  channel: string | false;
}

/** So many are named; a queue that is stuck may hold thousands. */
const NAMED = 10;

export const jobQueue = defineFlow({
  name: 'job-queue',
  title: 'The jobs of queue_job are done, and do not fail',
  modules: ['queue_job'],
  writes: [],
  async run(visit) {
    const due = hourAgo();
    const read = (domain: unknown[]) =>
      visit.call<Job[]>('queue.job', 'search_read', { domain, fields: ['name', 'channel'], order: 'id', limit: NAMED });
    const names = (jobs: readonly Job[]) => jobs.map(({ name, channel }) => `${name} (${channel || 'no channel'})`);
    const waiting = await visit.step('waiting jobs are read', () =>
      read([
        ['state', 'in', ['pending', 'enqueued']],
        ['date_created', '<', due],
        '|',
        ['eta', '=', false],
        ['eta', '<', due],
      ]),
    );
    visit.check('jobs that wait for more than an hour', [], names(waiting));
    const failed = await visit.step('failed jobs are read', () =>
      read([['state', '=', 'failed'], '|', ['date_started', '>=', due], ['date_created', '>=', due]]),
    );
    visit.check('jobs of the last hour that failed', [], names(failed));
  },
});
