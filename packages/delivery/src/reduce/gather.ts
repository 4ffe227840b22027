import { type AnalysisState, beginAnalysis, fold } from '@tillgate/analysis';
import type { Plan } from '../plan.ts';
import type { Status } from '../status.ts';
import { stepOf } from '../steps-of.ts';
import { activeLanes, type Reducer, withStatus } from './now.ts';

/**
 * What is to be read of the world's counters now: by which of the plan's watches, and from where on. Undefined where
 * nothing is watched, or evidence has not begun.
 */
export function watchedNow(plan: Plan, status: Status): { by: 'beside' | 'after'; state: AnalysisState } | undefined {
  for (const [id, lane] of Object.entries(status.lanes)) {
    const by = lane.end || lane.way !== 'forward' ? null : (stepOf(plan, id, lane)?.watched ?? null);
    const state = by && status.evidence[by];
    if (by && state) return { by, state };
  }
  return undefined;
}

/**
 * Folds the windows that were read, each once: the cursor moves in the same status. Evidence begins some time
 * after the first share is reached, because what is cold is slow and says nothing about the release.
 */
export const gather: Reducer = (now) => {
  const { plan, status, seen } = now;
  const watched = watchedNow(plan, status);
  const watch = watched && plan.watching?.[watched.by];
  if (watch) {
    if (seen.windows.length === 0) return now;
    return withStatus(now, {
      evidence: { ...status.evidence, [watched.by]: fold(watch.analysis, watched.state, seen.windows) },
    });
  }
  const begins = activeLanes(now).find(({ lane, step }) => lane.way === 'forward' && step.watched && lane.reached);
  const next = begins?.step.watched && plan.watching?.[begins.step.watched];
  if (!begins?.step.watched || !next || !plan.watching) return now;
  const from = (begins.lane.reached as number) + plan.watching.warmUpMs;
  return withStatus(now, {
    evidence: { ...status.evidence, [begins.step.watched]: beginAnalysis(next.analysis, from) },
  });
};
