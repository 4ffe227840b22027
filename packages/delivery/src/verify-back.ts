import type { CountWindow } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import type { RecoveryRecord } from '@tillgate/signing';
import { type JobsSeen, LOOK_AT_JOBS, NO_LOOKS } from './jobs.ts';
import type { Observed } from './seen.ts';

type Check = RecoveryRecord['verified'][number];

/** What was looked at after a rollback. */
export interface BackSeen {
  /** What is to run again. */
  to: Sha256;
  observed: Observed;
  /** ConfigMaps and Secrets that the workload names and that are not as they were; null: not known how they were. */
  reconfigured: readonly string[] | null;
  /** Windows that closed after it was back, read as candidate = what was taken back; null: nothing could be read. */
  windows: readonly CountWindow[] | null;
  /** Why not. */
  unread: string;
  /** The metric that is compared. */
  metric: string | null;
  /** Whether series of that metric name the version; otherwise they only tell where a request went. */
  byVersion: boolean;
  /** Share of bad requests before the release; null: it was not measured. */
  errorShareBefore: number | null;
  jobs: JobsSeen;
  /** Processes or threads for scheduled jobs in each pod, as the image's settings say; null: nobody has looked. */
  cronThreads: number | null;
}

/** How far a count may lie above what was usual before chance no longer explains it, in standard deviations of a Poisson count. */
const CHANCE = 3;

/** A share of bad requests that a rollback must not leave behind, and twice what was usual where that is more. */
const CLEARLY_BAD = 0.05;

const NOBODY = 'Nobody asked for anything meanwhile.';

/** What is known to be true after a rollback, what is known not to be, and what could not be looked at. Pure. */
export function verifyBack(seen: BackSeen): Check[] {
  return [
    podsRun(seen),
    candidateGone(seen),
    trafficBack(seen),
    errorsUsual(seen),
    workersAlive(seen),
    scheduledJobs(seen),
    configurationBack(seen),
  ];
}

function podsRun({ to, observed: { stable } }: BackSeen): Check {
  const runs =
    stable.running.length === 1 && stable.running[0] === to && stable.ready >= stable.desired && stable.settled;
  return {
    what: `Every ready pod runs ${to}`,
    holds: runs ? 'yes' : 'no',
    how: `${stable.ready} of ${stable.desired} pods are ready and run ${stable.running.join(', ') || 'nothing'}, as their node tells.`,
  };
}

function candidateGone({ observed: { candidate, candidateShare } }: BackSeen): Check {
  const gone = candidate === null && candidateShare === 0;
  return {
    what: 'The router sends nothing to a candidate, and there is none',
    holds: gone ? 'yes' : 'no',
    how: `Its share is set to ${candidateShare / 100} %; ${candidate ? 'the candidate is still there' : 'no candidate is there'}.`,
  };
}

function trafficBack({ windows, metric, unread, byVersion }: BackSeen): Check {
  const what = byVersion
    ? 'No request is served by what was taken back, as measured'
    : 'No request reaches a candidate, as measured';
  const served = counted(windows, metric);
  if (!served || served.candidate.total + served.stable.total === 0)
    return { what, holds: 'unknown', how: unread || NOBODY };
  return {
    what,
    holds: served.candidate.total === 0 ? 'yes' : 'no',
    how: `${served.candidate.total} of ${served.candidate.total + served.stable.total} since it was back.`,
  };
}

function errorsUsual({
  windows,
  metric,
  unread,
  errorShareBefore,
}: Pick<BackSeen, 'windows' | 'metric' | 'unread' | 'errorShareBefore'>): Check {
  const what = 'Errors are not more frequent than before the release';
  const served = counted(windows, metric);
  if (!served || served.stable.total === 0) return { what, holds: 'unknown', how: unread || NOBODY };
  const { bad, total } = served.stable;
  const share = `${bad} of ${total} were bad`;
  if (errorShareBefore === null)
    return { what, holds: 'unknown', how: `${share}; how many were before the release was not measured.` };
  const expected = errorShareBefore * total;
  const [usual, most] = [expected, Math.max(1, expected)].map((of) => expected + CHANCE * Math.sqrt(of)) as [
    number,
    number,
  ];
  const before = `before the release it was ${percent(errorShareBefore)}`;
  if (bad > most) return { what, holds: 'no', how: `${share}; ${before}.` };
  if (bad > Math.max(1, usual))
    return { what, holds: 'unknown', how: `${share}, too few to tell from chance; ${before}.` };
  if (wouldShow(bad, total, errorShareBefore)) return { what, holds: 'yes', how: `${share}; ${before}.` };
  const clearly = percent(clearlyBad(errorShareBefore));
  return { what, holds: 'unknown', how: `${share}, too few to see ${clearly} of them fail; ${before}.` };
}

const clearlyBad = (before: number) => Math.max(CLEARLY_BAD, 2 * before);
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** Whether a share that is clearly bad would have made more bad requests than were seen, chance aside. */
function wouldShow(bad: number, total: number, before: number): boolean {
  const expected = clearlyBad(before) * total;
  return expected - CHANCE * Math.sqrt(expected) > bad;
}

/** Whether requests since it was back tell what they can of errors, so that more of them need not be waited for. */
export function errorsTell(seen: Pick<BackSeen, 'windows' | 'metric' | 'errorShareBefore'>): boolean {
  const served = counted(seen.windows, seen.metric);
  if (!served || served.candidate.total + served.stable.total === 0) return false;
  return seen.errorShareBefore === null || errorsUsual({ ...seen, unread: '' }).holds !== 'unknown';
}

function workersAlive({ observed: { stable } }: BackSeen): Check {
  const alive = stable.crashing === 0 && stable.ready > 0;
  return {
    what: 'Workers are alive',
    holds: alive ? 'yes' : 'no',
    how: `${stable.ready} pods are ready, ${stable.crashing} containers are in a crash loop.`,
  };
}

/** Who looks for due jobs runs them. That no job was due says nothing, so looks are counted and not jobs. */
function scheduledJobs({ observed: { cron }, jobs: { looks, unread }, cronThreads }: BackSeen): Check {
  const what = 'Scheduled jobs run, and only on what was put back';
  const said = (holds: Check['holds'], how: string): Check => ({ what, holds, how });
  if (cron !== 'stable') return said('no', `They are set to run on "${cron}".`);
  if (cronThreads === 0)
    return said('yes', 'This workload runs none, before the release as now (max_cron_threads is 0).');
  if (looks === null) return said('unknown', `${unread} ${LOOK_AT_JOBS}`);
  if (looks === 0) return said('unknown', `Nothing has looked for due jobs since it was back: ${NO_LOOKS}`);
  return said('yes', `It has looked for due jobs ${looks === 1 ? 'once' : `${looks} times`} since it was back.`);
}

/** Configuration that was changed is taken from its copy when pods are put back. Where none had to be, it stays as somebody has changed it. */
function configurationBack({ reconfigured }: BackSeen): Check {
  const what = 'Configuration is what it was before the release';
  if (reconfigured === null)
    return { what, holds: 'unknown', how: 'How it was is not known: the state could not be read.' };
  if (reconfigured.length === 0)
    return { what, holds: 'yes', how: 'ConfigMaps and Secrets that the workload names hold what they held.' };
  const how = `${reconfigured.join(', ')} changed since, and pods that start from now on take that. If it belongs to what was taken back, change it back.`;
  return { what, holds: 'unknown', how };
}

function counted(windows: BackSeen['windows'], metric: string | null) {
  if (!windows || windows.length === 0 || metric === null) return undefined;
  const strata = windows.flatMap(({ metrics }) => metrics[metric] ?? []);
  const sum = (of: 'candidate' | 'stable') => ({
    total: strata.reduce((all, stratum) => all + stratum[of].total, 0),
    bad: strata.reduce((all, stratum) => all + (stratum[of].bad[0] ?? 0), 0),
  });
  return { candidate: sum('candidate'), stable: sum('stable') };
}
