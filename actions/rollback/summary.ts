import { happened, plain, table } from '@tillgate/action-kit';
import { chartOf, type Found, lineOf, type Timeline, type WayBack } from '@tillgate/delivery';
import type { DeliveryRecord, RecoveryRecord } from '@tillgate/signing';

const SIGNS = { yes: '✅ yes', no: '❌ no', unknown: '❔ not known' } as const;

/** Everything that would be done, in order, and nothing that would not. */
export function planSummary(way: Extract<WayBack, Found>, quarantine: boolean): string {
  const { plan, record } = way;
  const steps = way.to === 'record' ? [LEAVE_DELIVERY] : stepsOf(way, quarantine);
  const what = way.to === 'record' ? 'is delivered' : 'would be taken back';
  return [
    '## Plan: nothing was done',
    `Record no. ${record.sequence} (${code(way.digest)}) ${what}: from ${code(plan.to)} to ${code(plan.from)}.`,
    table(
      ['', 'what', ''],
      steps.map(([what, how], index) => [String(index + 1), what, how]),
    ),
    `To do it, run this again with \`execute: true\` and \`confirm: ${plain(record.environment.name)}\`.`,
  ]
    .join('\n\n')
    .concat('\n');
}

type PlannedStep = [what: string, how: string];

const LEAVE_DELIVERY: PlannedStep = [
  'record',
  'the delivery is over and only its record is missing: it is signed and becomes the head of the chain',
];

function stepsOf({ plan, to }: Extract<WayBack, Found>, quarantine: boolean): PlannedStep[] {
  const place = `${plain(plan.workload.namespace)}/${plain(plan.workload.deployment)}`;
  const first: PlannedStep[] = quarantine
    ? [['quarantine', `${code(plan.to)} runs again only under a record that readmits it`]]
    : [];
  const takeOver: PlannedStep[] =
    to === 'turn'
      ? [
          [
            'take over',
            'the canary that is on its way, under the next epoch: whoever drives it now can write nothing more',
          ],
        ]
      : [];
  const go: PlannedStep[] =
    to === 'verify'
      ? []
      : [
          ['traffic', 'all of it to the stable workload; sessions of a candidate move to it'],
          [
            'code',
            `container ${code(plan.workload.container)} of ${place} gets ${code(plan.images[plan.from] ?? plan.from)}`,
          ],
          ['candidate', 'its Deployment, Service, routes and copies of configuration are removed'],
        ];
  return [
    ...first,
    ...takeOver,
    ...go,
    ['verify', 'pods, router, measured traffic, errors beside those before the release, workers'],
    ['record', 'a signed recovery record becomes the head of the chain'],
  ];
}

/** A way back that was gone. */
export type Back = Pick<RecoveryRecord, 'from' | 'to' | 'reason' | 'verified' | 'quarantined'>;

/** How long it took, and what happened meanwhile. */
export interface Took {
  seconds: number;
  timeline: Timeline;
}

/** What a way back is followed by of which something is missing. */
export const RUN_AGAIN =
  'Run it again: it takes nothing back a second time, and does what is missing or says why it cannot.';

/** What was done, and what of it is known to be true. */
export function doneSummary(record: RecoveryRecord, took: Took): string {
  const holds = (word: 'no' | 'unknown') => record.verified.some((check) => check.holds === word);
  const title = holds('no')
    ? '❌ Rolled back, and something is not as it should be'
    : holds('unknown')
      ? '⚠️ Rolled back; not all of it could be looked at'
      : '✅ Rolled back';
  return backSummary(title, record, took);
}

/** What was done, and what was not that belongs to it. */
export function backButSummary(back: Back, { missing, ...took }: Took & { missing: readonly string[] }): string {
  const lacks = `**Missing:**\n\n${missing.map((each) => `- ${plain(each, 2_000)}`).join('\n')}\n\n${RUN_AGAIN}`;
  return backSummary('❌ Back, but not all was done', back, took, lacks);
}

function backSummary(title: string, back: Back, { seconds, timeline: { points, said } }: Took, lacks = ''): string {
  const { from, to, reason, verified, quarantined } = back;
  return [
    `## ${title}`,
    `From ${code(from)} to ${code(to)} in ${seconds} s: ${plain(reason)}`,
    lacks,
    verified.length > 0
      ? table(
          ['is it so?', 'what', 'how it is known'],
          verified.map(({ what, holds: so, how }) => [SIGNS[so], plain(what), plain(how)]),
        )
      : '',
    quarantined.length > 0 ? `${code(from)} is under quarantine.` : '',
    chartOf(points),
    said.length > 0 ? `### What happened\n\n${happened(said.map((one) => ({ at: one.at, text: lineOf(one) })))}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Nothing to take back. */
export function nothingSummary(why: string): string {
  return `## Nothing to take back\n\n${plain(why)}\n`;
}

/** Nothing is taken back, and somebody has to go on. */
export function leftSummary(why: string): string {
  return `## ⚠️ Left as it is\n\n${plain(why, 2_000)}\n`;
}

/** What became of a delivery that was over. */
export function deliveredSummary({ end, decided, from, to, sequence }: DeliveryRecord): string {
  const title = end === 'promoted' && !decided ? '✅ Nothing to take back' : '⚠️ Nothing to take back';
  const why = decided ? ` Decided by ${plain(decided.by)}: ${plain(decided.reason)}` : '';
  return `## ${title}\n\nThe delivery was over (${end}) and only its record was missing: from ${code(from)} to ${code(to)}.${why}\n\nIts record is left, no. ${sequence} of the chain.\n`;
}

/** Why nothing was done. */
export function refusedSummary(objections: readonly { code: string; message: string }[]): string {
  const rows = objections.map((one) => [`\`${one.code}\``, plain(one.message, 2_000)]);
  return `## ⛔ Not rolled back\n\n${table(['', 'why'], rows)}\n`;
}

const code = (text: string) => `\`${plain(text)}\``;
