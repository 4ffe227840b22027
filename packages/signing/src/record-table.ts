import { formatDuration } from '@tillgate/release';
import { printable } from './strict-json.ts';
import type { VerifiedRecord } from './verify-record.ts';

/** A verified record as lines for people: what goes where, why it may, who answers for it, and how it would come back. */
export function recordTable({ record, digest, keyId, algorithm }: VerifiedRecord): string {
  const { environment, release, commits, decision, approvals, data, recovery, delivery, run, workflow } = record;
  const place = environment.identity;
  const rows: [string, string][] = [
    ['record', `${digest}, number ${record.sequence} of its environment`],
    ['previous', record.previous ?? 'none: the first'],
    ['signed by', `${keyId} (${algorithm})`],
    ['environment', environment.name],
    ['place', place ? `${place.workload} in ${place.namespace}, cluster ${place.clusterUid}` : 'no identity told'],
    ['class', `${record.class}; changes: ${record.changeKinds.join(', ')}`],
    ...(record.emergency ? [['emergency', record.emergency.reason] satisfies [string, string]] : []),
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
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}

function listed<T>(name: string, values: readonly T[], told: (value: T) => string, none: string): [string, string][] {
  if (values.length === 0) return [[name, none]];
  return values.map((value, index) => [index === 0 ? name : '', told(value)]);
}

function modulesOf({ units }: NonNullable<VerifiedRecord['record']['data']>): string {
  const modules = new Set(units.flatMap(({ modulesToUpdate }) => modulesToUpdate));
  return modules.size === 0 ? 'no module needs an update' : `modules to update: ${[...modules].sort().join(', ')}`;
}
