import { digestOf, type Finding, type Rule, type RuleId, type Severity } from '@tillgate/release';
import type { ProductionSeen } from './observe.ts';

const A = digestOf('a');
const B = digestOf('b');
const STEADY: ProductionSeen = {
  environment: 'production',
  identity: { clusterUid: '0b8f1c1e-5a0c-4f5d-9a55-1a2b3c4d5e6f', namespace: 'shop', workload: 'deployment/odoo' },
  object: { environment: 'production', policy: A, head: { sequence: 4, digest: B }, keys: '{}', faults: [] },
  policy: A,
  workload: {
    desiredReplicas: 1,
    settled: true,
    container: 'odoo',
    image: 'shop/odoo:19',
    podTemplate: B,
    ready: [{ pod: 'odoo-1', digest: A }],
  },
};
const object = STEADY.object as NonNullable<ProductionSeen['object']>;
const workload = STEADY.workload as NonNullable<ProductionSeen['workload']>;

function found(rule: RuleId, severity: Severity, key: string, message: string, remedy: string): Finding[] {
  return [{ rule, severity, key, message, remedy }];
}

/** The environment must say by itself what it is. */
export const environmentObject: Rule<ProductionSeen> = {
  id: 'production/environment-object',
  meaning: 'The cluster holds no readable environment object for this environment, or one that names another.',
  why: 'Keys, identity, policy and the head of the chain of records are taken from an object that the platform team owns. Without it anybody who can write a workflow could name them.',
  remedy: 'Apply deploy/environment.yaml to the namespace, as the platform team, and fill it in.',
  bad: [
    { title: 'there is no such object', seen: { ...STEADY, object: undefined }, severity: 'unknown' },
    {
      title: 'it belongs to another environment',
      seen: { ...STEADY, object: { ...object, environment: 'staging' } },
      severity: 'fail',
    },
    {
      title: 'its head is damaged',
      seen: { ...STEADY, object: { ...object, faults: ['head is no JSON'] } },
      severity: 'unknown',
    },
  ],
  good: [{ title: 'it names this environment', seen: STEADY }],
  judge({ object: told, environment, identity }) {
    const name = `${identity.namespace}/tillgate-environment`;
    if (!told) return found(this.id, 'unknown', name, `There is no ConfigMap ${name}.`, this.remedy);
    if (told.faults.length > 0)
      return found(this.id, 'unknown', name, `${name} is damaged: ${told.faults.join(', ')}.`, this.remedy);
    if (told.environment !== environment) {
      return found(
        this.id,
        'fail',
        name,
        `${name} is of the environment "${told.environment ?? ''}"; the release goes to "${environment}".`,
        'Give the release the namespace of its environment.',
      );
    }
    return [];
  },
};

/** The policy read from the default branch must be the one the environment was told to expect. */
const policyPinned: Rule<ProductionSeen> = {
  id: 'production/policy-pinned',
  meaning: 'The policy in force is not the one that the environment names.',
  why: 'Who can push to the default branch could weaken the policy and release at once. The environment names the digest that it accepts, so a change of the policy is a release of its own.',
  remedy: 'Release the change of the policy first: the platform team writes its digest into the environment object.',
  bad: [{ title: 'the policy was changed', seen: { ...STEADY, policy: B }, severity: 'fail' }],
  good: [{ title: 'the digests are the same', seen: STEADY }],
  judge({ object: told, policy }) {
    if (!told || told.policy === policy) return [];
    return found(
      this.id,
      'fail',
      'policy',
      `The environment accepts the policy ${told.policy ?? '(none is named)'}; in force is ${policy}.`,
      this.remedy,
    );
  },
};

/** What runs must be known, or nothing can be compared with it or returned to. */
const runningKnown: Rule<ProductionSeen> = {
  id: 'production/running-known',
  meaning: 'It is not known which image production runs.',
  why: 'The scan compares with it, and recovery returns to it. A guess would make old vulnerabilities new and a way back that leads nowhere.',
  remedy: 'Look at the workload: it must exist and have ready pods that tell the digest of their image.',
  bad: [
    { title: 'there is no such workload', seen: { ...STEADY, workload: undefined }, severity: 'unknown' },
    { title: 'no pod is ready', seen: { ...STEADY, workload: { ...workload, ready: [] } }, severity: 'unknown' },
    {
      title: 'a ready pod tells no digest',
      seen: { ...STEADY, workload: { ...workload, ready: [{ pod: 'odoo-1', digest: undefined }] } },
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'every ready pod tells its digest', seen: STEADY },
    {
      title: 'scaled to nothing on purpose',
      seen: { ...STEADY, workload: { ...workload, desiredReplicas: 0, ready: [] } },
    },
  ],
  judge({ workload: told, identity }) {
    const name = `${identity.namespace}/${identity.workload}`;
    if (!told) return found(this.id, 'unknown', name, `There is no ${name}.`, this.remedy);
    const silent = told.ready.filter(({ digest }) => digest === undefined).map(({ pod }) => pod);
    if (silent.length > 0)
      return found(this.id, 'unknown', name, `No digest is told by ${silent.slice(0, 5).join(', ')}.`, this.remedy);
    if (told.ready.length === 0 && told.desiredReplicas > 0)
      return found(
        this.id,
        'unknown',
        name,
        `${name} wants ${told.desiredReplicas} pods and none is ready.`,
        this.remedy,
      );
    return [];
  },
};

/** A release that meets another one on its way cannot tell what it replaces. */
const oneVersion: Rule<ProductionSeen> = {
  id: 'production/one-version',
  meaning: 'Production runs more than one version, or is rolling out.',
  why: 'The way back would be ambiguous, and the baseline of the scan is the union of both.',
  remedy: 'Let the rollout that is under way end, or take it back, then start the release again.',
  bad: [
    {
      title: 'two digests among the ready pods',
      seen: {
        ...STEADY,
        workload: {
          ...workload,
          ready: [
            { pod: 'odoo-1', digest: A },
            { pod: 'odoo-2', digest: B },
          ],
        },
      },
      severity: 'warn',
    },
    {
      title: 'the controller has not seen the newest specification',
      seen: { ...STEADY, workload: { ...workload, settled: false } },
      severity: 'warn',
    },
  ],
  good: [{ title: 'one digest everywhere', seen: STEADY }],
  judge({ workload: told, identity }) {
    const digests = new Set(told?.ready.map(({ digest }) => digest));
    if (!told || (told.settled && digests.size <= 1)) return [];
    return found(
      this.id,
      'warn',
      identity.workload,
      told.settled ? `Ready pods run ${digests.size} different images.` : 'A rollout is under way.',
      this.remedy,
    );
  },
};

/** All rules over what was seen of production. */
export const productionRules: readonly Rule<ProductionSeen>[] = [
  environmentObject,
  policyPinned,
  runningKnown,
  oneVersion,
];
