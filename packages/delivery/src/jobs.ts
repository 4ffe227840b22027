import type { Sha256 } from '@tillgate/release';

/** Whether scheduled jobs run, as far as counters tell. */
export interface JobsSeen {
  /** How often they were looked for; null: it is not known. */
  looks: number | null;
  /** Why not. */
  unread: string;
}

/** Tells how often a version that nothing else runs beside has looked for jobs that are due, between two moments in ms. */
export type Looks = (version: Sha256, since: number, until: number) => Promise<JobsSeen>;

/** After this long, in ms, an Odoo has looked for jobs: it sleeps for 70 s, a job may take 120 s, and then it is scraped. */
export const JOBS_PATIENCE_MS = 210_000;

/** Where a person sees what counters do not tell. */
export const LOOK_AT_JOBS = 'Look at Settings > Technical > Scheduled Actions whether jobs are late.';

/** What it means that there was none for so long. Not that jobs are dead: that is not known. */
export const NO_LOOKS = `its workers for jobs are gone, or each is busy with a long one: their log tells. ${LOOK_AT_JOBS}`;
