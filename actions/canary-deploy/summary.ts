import { happened, plain, table } from '@tillgate/action-kit';
import { chartOf, lineOf, type Phase, type Plan, percent, type Status, type Timeline } from '@tillgate/delivery';
import { formatDuration, instantOf } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';

const TITLES: Readonly<Record<Phase, string>> = {
  promoted: '✅ Promoted',
  returned: '⛔ Taken back',
  held: '⚠️ Held as it stood',
  paused: '⏸️ Paused',
  starting: '❔ Not begun',
  forward: '❔ On its way',
  back: '❔ On its way back',
};

/** What is told of a delivery besides its status. */
interface Told {
  plan: Plan;
  record: ReleaseRecord;
  status: Status;
  phase: Phase;
  share: string;
  timeline: Timeline;
  /** What speaks against what everybody has, though nothing of it turned the release. */
  fault: string | undefined;
}

/** A delivery for a release manager: how it ended, why, what was shown at each step, and when. */
export function summaryOf({ plan, record, status, phase, share, timeline, fault }: Told): string {
  const { decided, history } = status;
  return [
    `## ${titleOf(phase, decided, fault)}`,
    `**${plain(plan.images[plan.to] ?? plan.to)}** in place of \`${plan.from.slice(7, 19)}\` in ${plain(plan.workload.namespace)}/${plain(plan.workload.deployment)}, by record no. ${record.sequence}. Share of the candidate now: ${share}.`,
    fault ? `**Look at it:** ${plain(fault)}` : '',
    decided ? `Decided by **${plain(decided.by)}** at ${instantOf(decided.at)}: ${plain(decided.reason)}` : '',
    `### Steps\n\n${table(
      ['step', 'share', 'took', 'left because', 'evidence: bad / all, candidate beside stable'],
      history.map(({ step, share: part, since, left, because, evidence }) => [
        plain(step),
        percent(part),
        formatDuration(left - since),
        because === 'proved' ? 'all was shown' : plain(because),
        evidence
          .map(
            ({ metric, candidate, stable }) => `${plain(metric)} ${candidate.join(' / ')} beside ${stable.join(' / ')}`,
          )
          .join('<br>'),
      ]),
    )}`,
    chartOf(timeline.points),
    `### What happened\n\n${happened(timeline.said.map((said) => ({ at: said.at, text: lineOf(said) })))}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** That everybody has a release is good news only where nothing speaks against it. */
function titleOf(phase: Phase, decided: Status['decided'], fault: string | undefined): string {
  if (phase === 'promoted' && decided) return '⚠️ Promoted, and then turned';
  if (phase === 'promoted' && fault) return '⚠️ Promoted, and not shown to be well';
  return TITLES[phase];
}

/** Why a delivery was not begun. */
export function refusedSummary(objections: readonly Why[]): string {
  return `## ⛔ Refused: nothing was touched\n\n${whyTable(objections)}\n`;
}

/** Where a delivery stands that this run could do nothing more for. */
export function stoppedSummary(what: string, objections: readonly Why[]): string {
  return `## ❔ Stopped\n\n${plain(what)}\n\n${whyTable(objections)}\n`;
}

interface Why {
  code: string;
  message: string;
}

const whyTable = (objections: readonly Why[]) =>
  table(
    ['', 'why'],
    objections.map(({ code, message }) => [`\`${code}\``, plain(message)]),
  );
