import { defineFlow } from '../flow.ts';
import { existing } from '../steps/fields.ts';

/** A job this late has not only waited for its turn. */
const LATE_MS = 60 * 60_000;

interface Job {
  cron_name: string;
  nextcall: string;
  failure_count?: number;
}

export const scheduledJobs = defineFlow({
  name: 'scheduled-jobs',
  title: 'Scheduled jobs run when they should',
  modules: ['base'],
  writes: [],
  async run(visit) {
    const failures = await existing(visit.call, 'ir.cron', ['failure_count']); // older versions count none
    const jobs = await visit.step('the jobs are read', () =>
      visit.call<Job[]>('ir.cron', 'search_read', {
        domain: [['active', '=', true]],
        fields: ['cron_name', 'nextcall', ...failures],
        order: 'cron_name',
      }),
    );
    visit.check('there are active jobs', true, jobs.length > 0);
    const due = Date.now() - LATE_MS;
    const late = jobs.filter(({ nextcall }) => Date.parse(`${nextcall.replace(' ', 'T')}Z`) < due);
    visit.check(
      'jobs that are late by more than an hour',
      [],
      late.map(({ cron_name: name }) => name),
    );
    const failing = jobs.filter(({ failure_count: count = 0 }) => count > 0);
    visit.check(
      'jobs that failed the last time',
      [],
      failing.map(({ cron_name: name }) => name),
    );
  },
});
