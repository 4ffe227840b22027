import { formatDuration } from '@tillgate/release';
import type { ActRecord, DeliveryRecord, RecoveryRecord } from './act-record-schema.ts';
import type { ReleaseRecord } from './record-schema.ts';
import { printable } from './strict-json.ts';
import type { VerifiedLink } from './verify-chain.ts';

type Row = [name: string, value: string];

/**
 * A verified record as lines for people: of a release, what goes where, why it may, who answers for it, and how it would come back;
 * of an act, what was done, what became of it, and what is known of that.
 */
export function recordTable({ record, digest, keyId, algorithm }: VerifiedLink): string {
  const { environment, sequence, previous, kind } = record;
  const place = environment.identity;
  const rows: Row[] = [
    ['record', `${digest}, ${kind} record, number ${sequence} of its environment`],
    ['previous', previous ?? 'none: the first'],
    ['signed by', `${keyId} (${algorithm})`],
    ['environment', environment.name],
    ['place', place ? `${place.workload} in ${place.namespace}, cluster ${place.clusterUid}` : 'no identity told'],
    ...(record.kind === 'release' ? releaseRows(record) : actRows(record)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}

function actRows(record: ActRecord): Row[] {
  const { run } = record;
  return [
    ['about', `release record ${record.record}`],
    ['from', record.from],
    ['to', record.to],
    ['commit', record.commit ?? 'not known'],
    ...(record.kind === 'delivery' ? deliveryRows(record) : recoveryRows(record)),
    ['began', record.startedAt],
    ['ended', record.endedAt],
    ['run', run ? `${run.repository} run ${run.id} attempt ${run.attempt}` : 'none of GitHub Actions'],
    ['issued', record.issued],
  ];
}

function deliveryRows({ end, decided, running, steps, epoch }: DeliveryRecord): Row[] {
  return [
    ['end', end],
    ['decided', decided ? `by ${decided.by} at ${decided.at}: ${decided.reason}` : 'by nothing: it went its way'],
    ...listed('steps', steps, ({ step, way, left, because }) => `${step} (${way}), left ${left}: ${because}`, 'none'),
    ...listed('running', running, (digest) => digest, 'nothing'),
    ['epoch', String(epoch)],
  ];
}

function recoveryRows({ act, reason, askedBy, verified, quarantined }: RecoveryRecord): Row[] {
  return [
    ['act', act],
    ['reason', reason],
    ['asked by', askedBy ?? 'not told'],
    ...listed('verified', verified, ({ what, holds, how }) => `${holds}: ${what}. ${how}`, 'nothing'),
    ...listed('quarantined', quarantined, (digest) => digest, 'nothing'),
  ];
}

function releaseRows(record: ReleaseRecord): Row[] {
  const { release, commits, decision, approvals, data, recovery, delivery, run, workflow } = record;
  return [
    ['class', `${record.class}; changes: ${record.changeKinds.join(', ')}`],
    ...(record.emergency ? [['emergency', record.emergency.reason] satisfies Row] : []),
    ...listed(
      'from',
      record.from,
      ({ kind, name, digest }) => `${kind} ${name ?? '(name unknown)'}@${digest}`,
      'nothing ran',
    ),
    ...listed('to', release.artifacts, ({ kind, name, digest }) => `${kind} ${name}@${digest}`, 'nothing'),
    ['tenants', `${release.units.count}`],
    ['commits', `${commits.from ?? '(none known)'} .. ${commits.to}, bound to the image by ${commits.binding}`],
    ['policy', `${record.policy.uri} at ${record.policy.commit}`],
    ...listed(
      'gates',
      decision.gates,
      ({ gate, outcome, required }) => `${gate}: ${outcome}${required ? '' : ' (not required)'}`,
      'none',
    ),
    ['approvals', `${approvals.given.length} given, ${approvals.required} required`],
    ...listed(
      'approved by',
      approvals.given,
      ({ id, kind, where, at }) => `account ${id}, ${kind} ${where}${at ? `, ${at}` : ''}`,
      'nobody',
    ),
    ...listed(
      'exceptions',
      record.exceptions,
      (used) => `${used.by} ${used.id} for ${used.rule}, until ${used.expires}`,
      'none',
    ),
    ['data', data ? modulesOf(data) : 'not looked at'],
    [
      'delivery',
      `${delivery.strategy ?? 'without a plan'}${delivery.watchMs === null ? '' : `, watched for ${formatDuration(delivery.watchMs)}`}`,
    ],
    ...listed('way back', recovery.open, ({ act, how }) => `${act}: ${how}`, 'none'),
    ...listed('not open', recovery.closed, ({ act, why }) => `${act}: ${why}`, 'nothing named'),
    ['freeze', `looked at ${record.freeze.at}; open until ${record.freeze.closesAt ?? 'no known end'}`],
    [
      'run',
      `${run.repository} run ${run.id} attempt ${run.attempt}; workflow of ${workflow.repository} at ${workflow.sha}`,
    ],
    ['issued', record.issued],
    ['expires', record.expires],
  ];
}

function listed<T>(name: string, values: readonly T[], told: (value: T) => string, none: string): Row[] {
  if (values.length === 0) return [[name, none]];
  return values.map((value, index) => [index === 0 ? name : '', told(value)]);
}

function modulesOf({ units }: NonNullable<ReleaseRecord['data']>): string {
  const modules = new Set(units.flatMap(({ modulesToUpdate }) => modulesToUpdate));
  return modules.size === 0 ? 'no module needs an update' : `modules to update: ${[...modules].sort().join(', ')}`;
}
