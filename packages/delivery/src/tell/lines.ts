import { formatDuration } from '@tillgate/release';
import type { Tick } from '../drive/drive.ts';
import type { Plan } from '../plan.ts';
import { shortOf } from '../reduce/goal-reached.ts';
import { type Missing, waitingFor } from '../reduce/proofs.ts';
import type { Said } from '../said.ts';
import type { Evidence } from '../status.ts';
import { stepOf } from '../steps-of.ts';

/** One thing that happened, as a sentence. Foreign text in it is not escaped. */
export function lineOf(said: Said): string {
  switch (said.what) {
    case 'began':
      return `${said.step}: begun${said.share > 0 ? `, the candidate is to get ${percent(said.share)}` : ''}${said.way === 'forward' ? '' : ` (on the way to "${said.way}")`}.`;
    case 'reached':
      return `${said.step}: reached after ${formatDuration(said.tookMs)}.`;
    case 'lost':
      return `${said.step}: no longer as it should be: ${said.why}.`;
    case 'regained':
      return `${said.step}: again as it should be.`;
    case 'left':
      return `${said.step}: left, ${said.because === 'proved' ? 'all that was asked for was shown' : `because of ${said.because}`}${evidenceText(said.evidence)}.`;
    case 'turned':
      return `${said.step}: turned to "${said.to}" by ${said.by}: ${said.reason}`;
    case 'heard':
      return `Heard "${said.word}" from ${said.by}${said.ignored ? `, and did not follow it: ${said.ignored}` : ''}.`;
    case 'paused':
      return `Paused by ${said.by}: ${said.reason}`;
    case 'late':
      return `${said.step}: takes longer than it should: ${said.reason}`;
    case 'ended':
      return `Ended: ${said.end}.`;
  }
}

/** Where a delivery stands now, in one line: step, share, pods, evidence, and what is waited for. */
export function progressOf(plan: Plan, { status, seen }: Tick): string {
  const waited = waitingFor(plan, status, seen);
  const proofsOf = (id: string) => proofsText(waited.find(({ lane }) => lane === id)?.missing ?? []);
  return Object.entries(status.lanes)
    .flatMap(([id, lane]) => {
      const [step, observed] = [stepOf(plan, id, lane), seen.lanes[id]];
      if (!step || lane.end || !observed) return [];
      const missing = shortOf(step.goal, observed);
      const { stable, candidate } = observed;
      const parts = [
        `share ${percent(observed.candidateShare)}`,
        `stable ${stable.ready}/${stable.desired}`,
        ...(candidate ? [`candidate ${candidate.ready}/${candidate.desired}`] : []),
        ...(step.watched ? evidenceNow(plan, status, step.watched) : []),
        ...missing.slice(0, 2),
        ...observed.waitingFor.slice(0, 1),
        ...(missing.length === 0
          ? [`for ${formatDuration(seen.at - (lane.reached ?? seen.at))}`, ...proofsOf(id)]
          : []),
        ...(status.paused ? [`paused by ${status.paused.by}`] : []),
      ];
      return [`${step.name}: ${parts.join(' · ')}`];
    })
    .join(' | ');
}

/** The first thing besides the goal itself that is waited for. Time comes last: what is left of it runs by itself. */
function proofsText(missing: readonly Missing[]): string[] {
  const order = ['analysis', 'read', 'sessions', 'floor', 'permits', 'time'];
  const [first] = order.flatMap((by) => missing.filter((proof) => proof.by === by));
  return first ? [`waiting for ${first.by}: ${first.text}`] : [];
}

/** A share in hundredths of a percent, for people. */
export function percent(share: number): string {
  return `${share / 100} %`;
}

/** What has been counted so far, and how far the evidence is on its way to a bound. */
function evidenceNow(plan: Plan, { evidence }: Tick['status'], watched: 'beside' | 'after'): string[] {
  const [state, watch] = [evidence[watched], plan.watching?.[watched]];
  if (!state || !watch) return ['no evidence yet'];
  return watch.analysis.metrics.slice(0, 1).map(({ name }) => {
    const own = state.metrics[name];
    const [bad, all] = [own?.candidate.bad[0] ?? 0, own?.candidate.total ?? 0];
    return `${name} ${bad}/${all}`;
  });
}

function evidenceText(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return '';
  const told = evidence.map(
    ({ metric, candidate, stable }) => `${metric} ${candidate.join('/')} beside ${stable.join('/')}`,
  );
  return ` (${told.join(', ')})`;
}
