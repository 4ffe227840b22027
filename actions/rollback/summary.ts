import { plain, table } from '@tillgate/action-kit';
import type { Found, WayBack } from '@tillgate/delivery';
import type { RecoveryRecord } from '@tillgate/signing';

const SIGNS = { yes: '✅ yes', no: '❌ no', unknown: '❔ not known' } as const;

/** Everything that would be done, in order, and nothing that would not. */
export function planSummary(way: Extract<WayBack, Found>, quarantine: boolean): string {
  const { plan, record } = way;
  const place = `${plain(plan.workload.namespace)}/${plain(plan.workload.deployment)}`;
  const steps = [
    ...(quarantine ? [['quarantine', `${code(plan.to)} runs again only under a record that readmits it`]] : []),
    ...(way.to === 'turn'
      ? [
          [
            'take over',
            'the canary that is on its way, under the next epoch: whoever drives it now can write nothing more',
          ],
        ]
      : []),
    ['traffic', 'all of it to the stable workload; sessions of a candidate move to it'],
    [
      'code',
      `container ${code(plan.workload.container)} of ${place} gets ${code(plan.images[plan.from] ?? plan.from)}`,
    ],
    ['candidate', 'its Deployment, Service, routes and copies of configuration are removed'],
    ['verify', 'pods, router, measured traffic, errors beside those before the release, workers'],
    ['record', 'a signed recovery record becomes the head of the chain'],
  ];
  return [
    '## Plan: nothing was done',
    `Record no. ${record.sequence} (${code(way.digest)}) would be taken back: from ${code(plan.to)} to ${code(plan.from)}.`,
    table(
      ['', 'what', ''],
      steps.map(([what, how], index) => [String(index + 1), what as string, how as string]),
    ),
    `To do it, run this again with \`execute: true\` and \`confirm: ${plain(record.environment.name)}\`.`,
  ]
    .join('\n\n')
    .concat('\n');
}

/** What was done, and what of it is known to be true. */
export function doneSummary(record: RecoveryRecord, seconds: number): string {
  const holds = (word: 'no' | 'unknown') => record.verified.some((check) => check.holds === word);
  const title = holds('no')
    ? '❌ Rolled back, and something is not as it should be'
    : holds('unknown')
      ? '⚠️ Rolled back; not all of it could be looked at'
      : '✅ Rolled back';
  return [
    `## ${title}`,
    `From ${code(record.from)} to ${code(record.to)} in ${seconds} s: ${plain(record.reason)}`,
    table(
      ['is it so?', 'what', 'how it is known'],
      record.verified.map(({ what, holds: so, how }) => [SIGNS[so], plain(what), plain(how)]),
    ),
    record.quarantined.length > 0 ? `${code(record.from)} is under quarantine.` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Nothing to take back. */
export function nothingSummary(why: string): string {
  return `## Nothing to take back\n\n${plain(why)}\n`;
}

/** Why nothing was done. */
export function refusedSummary(objections: readonly { code: string; message: string }[]): string {
  const rows = objections.map((one) => [`\`${one.code}\``, plain(one.message, 2_000)]);
  return `## ⛔ Not rolled back\n\n${table(['', 'why'], rows)}\n`;
}

const code = (text: string) => `\`${plain(text)}\``;
