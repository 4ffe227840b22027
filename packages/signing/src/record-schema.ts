import {
  CHANGE_KINDS,
  commitSchema,
  digestOfValue,
  GATE_NAMES,
  isGenuine,
  OUTCOMES,
  RELEASE_CLASSES,
  sha256Schema,
} from '@tillgate/release';
import * as z from 'zod';
import { moment } from './moment.ts';

const text = z.string().min(1).max(8_192);
const short = z.string().min(1).max(255);
const millis = z.int().min(0);
const numericId = z.int().min(1);

const identity = z.strictObject({ clusterUid: short, namespace: short, workload: short });

/** The members that every kind of record begins with. */
export const recordHeadShape = {
  sequence: z
    .int()
    .min(1)
    .describe('1 for the first record of an environment, then one more each, over all kinds of records'),
  previous: sha256Schema.nullable().describe('Digest of the preceding record file; null for the first record only'),
  environment: z
    .strictObject({ name: short, identity: identity.nullable() })
    .describe(
      'Where the release goes. identity null: the environment told none; such a record delivers nothing to a cluster',
    ),
};

const artifact = z.strictObject({ kind: z.enum(['image', 'config']), name: text, digest: sha256Schema });

const release = z
  .strictObject({
    release: sha256Schema,
    commit: commitSchema,
    environment: short,
    artifacts: z.array(artifact).min(1),
    units: z.strictObject({ digest: sha256Schema, count: z.int().min(1) }),
  })
  .describe('The release itself: what goes (the "to" digests), its commit, the tenants concerned');

const from = z
  .array(artifact.extend({ name: text.nullable().describe('null: only the digest is known') }))
  .describe('What ran before, and what a rollback returns to. Empty: nothing ran');

const commits = z
  .strictObject({
    from: commitSchema.nullable().describe('Commit of the last record; null: there is none, or it named none'),
    to: commitSchema,
    binding: z
      .enum(['provenance', 'label', 'none'])
      .describe('How the commit is bound to the image: proven, named by a label, or not at all'),
  })
  .describe('The commits that this release brings, and how the last one is bound to the image');

const policy = z
  .strictObject({
    uri: z
      .string()
      .max(2_048)
      .regex(/^[a-z][a-z0-9+.-]*:/, 'must be a URI'),
    commit: commitSchema.describe('Commit of the trusted ref that the policy was read at'),
    digest: sha256Schema.describe('Digest of the policy file'),
    configuration: sha256Schema.describe(
      'Digest of the effective configuration: policy, presets, environment and class together',
    ),
  })
  .describe('The policy that was in force');

const gateOutcome = z.strictObject({
  gate: z.enum(GATE_NAMES),
  outcome: z.enum(OUTCOMES).describe('As computed again from the document'),
  required: z.boolean().describe('Whether the class requires this gate'),
  document: sha256Schema.describe('Digest of the verdict document'),
  observedAt: moment,
  validUntil: moment,
});

const decision = z
  .strictObject({ outcome: z.literal('go'), gates: z.array(gateOutcome).min(1) })
  .describe('The decision with the outcome of every gate that was heard');

const approvals = z
  .strictObject({
    required: z.int().min(0).describe('How many approvals the class requires'),
    given: z.array(
      z.strictObject({
        id: numericId.describe("The approver's numeric account id; logins can be renamed"),
        kind: z.enum(['environment', 'review']).describe('Approval of an environment, or review of a pull request'),
        where: short.describe('The name of the environment, or the number of the pull request'),
        at: moment.nullable().describe('null: the source tells no time'),
        commit: commitSchema.nullable().describe('The commit that was approved; null: the source tells none'),
      }),
    ),
  })
  .describe('Who approved, and in which way');

const exceptions = z
  .array(
    z.strictObject({
      by: z.enum(['waiver', 'vex', 'exception']),
      id: text,
      digest: sha256Schema.describe('Digest of the document that grants it'),
      expires: moment,
      gate: z.enum(GATE_NAMES),
      rule: text,
      key: text.describe('What the accepted finding is about'),
    }),
  )
  .describe('Findings that did not count, and by what authority. Empty: none was used');

const tri = z.enum(['yes', 'no', 'unknown']);

const data = z
  .strictObject({
    units: z.array(
      z.strictObject({
        units: z.array(short).min(1).describe('Tenants of which the same is true; "*" for an undivided installation'),
        oldOnNew: tri.describe('Does the old code work on the new data?'),
        newOnOld: tri.describe('Does the new code work on the old data?'),
        modulesToUpdate: z.array(short).describe('Empty: no module needs an update'),
      }),
    ),
    assets: z
      .array(
        z.strictObject({
          bundle: short,
          from: short.nullable().describe('Checksum in the old version; null: it has no such bundle'),
          to: short.nullable().describe('Checksum in the new version; null: it has no such bundle'),
        }),
      )
      .nullable()
      .describe('Checksums of the asset bundles. null: not looked at, so two versions must not share a database'),
  })
  .nullable()
  .describe(
    'What happens to the data; it decides how code may travel and how it may return. null: no gate looked, so two versions must not share a database',
  );

const delivery = z
  .strictObject({
    strategy: short.nullable().describe('null: the delivery is not driven by a plan'),
    plan: sha256Schema
      .nullable()
      .describe('Digest of the frozen delivery plan. null: there is none, and canary-deploy refuses'),
    frozen: z
      .json()
      .describe(
        'The frozen delivery plan itself, as `plan` has its digest: nothing else steers a delivery. null: none',
      ),
    podTemplate: sha256Schema
      .nullable()
      .describe(
        'Digest of the pod template that production has, without the image of the container that is released. null: not known, and canary-deploy refuses',
      ),
    watchMs: millis
      .nullable()
      .describe('How long the release is watched, in milliseconds. null: not said by the class'),
  })
  .describe('How it is delivered');

const recoveryAct = z.enum(['rollback', 'restore', 'failover', 'roll-forward']);

const recovery = z
  .strictObject({
    open: z
      .array(
        z.strictObject({
          act: recoveryAct,
          how: text.describe('How it would be executed: the command or workflow, in words for whoever is on call'),
          restorePoint: z
            .strictObject({ id: text, digest: sha256Schema })
            .nullable()
            .describe('null: the act restores no data'),
        }),
      )
      .describe('The ways back, in the order in which they would be tried. Empty: there is none'),
    closed: z.array(z.strictObject({ act: recoveryAct, why: text })).describe('The ways that are not open, and why'),
    plan: sha256Schema.nullable().describe('Digest of the frozen recovery plan. null: there is none'),
    rtoMs: millis
      .nullable()
      .describe('Time within which service is to be back, in milliseconds. null: the class sets none'),
    rpoMs: millis
      .nullable()
      .describe('Time of which written data may be lost, in milliseconds. null: the class sets none'),
  })
  .describe('How recovery would be executed');

const freeze = z
  .strictObject({
    at: moment.describe('When it was looked at again, after approval'),
    closesAt: moment.nullable().describe('When the present opening ends. null: no end is known to the calendar'),
    window: short.nullable().describe('The window that decided. null: none did'),
  })
  .describe('The freeze as it was at signing');

const readmitted = z
  .array(
    z.strictObject({
      digest: sha256Schema,
      takenBack: z
        .int()
        .min(1)
        .nullable()
        .describe('Number of the release record that was taken back; null: the quarantine names none'),
      reason: text,
    }),
  )
  .describe(
    'Digests that a rollback had put under quarantine and that may run again, each with the reason. Empty: none',
  );

/** What a release record says. In the statement every member is a field of its own, named by URI. */
const releaseRecordFields = z.strictObject({
  kind: z.literal('release'),
  ...recordHeadShape,
  release,
  from,
  commits,
  policy,
  class: z.enum(RELEASE_CLASSES),
  changeKinds: z.array(z.enum(CHANGE_KINDS)).min(1),
  emergency: z.strictObject({ reason: text }).nullable().describe('Why the class is emergency. null: it is not'),
  decision,
  approvals,
  exceptions,
  data,
  delivery,
  recovery,
  freeze,
  readmitted,
  workflow: z
    .strictObject({
      repository: short,
      path: short.nullable().describe('File of the workflow. null: not told'),
      sha: commitSchema,
    })
    .describe('The workflow that signed: where its file lies, at which commit'),
  run: z
    .strictObject({ repository: short, id: short, attempt: numericId })
    .describe('The run that signed, in the repository that called'),
  clock: z
    .strictObject({ source: short, offsetMs: z.number() })
    .describe('Where the time came from, and how far a second source stood from it'),
  issued: moment,
  expires: moment.describe('From this moment on the record starts nothing any more'),
  nonce: z
    .string()
    .regex(/^[0-9a-f]{32,64}$/, 'must be 32 to 64 lower-case hex digits')
    .describe('Single-use id: an act that has seen it refuses to start with it again'),
});

/** ReleaseRecord v1: its members, and what must hold between them. */
export const releaseRecordSchema = releaseRecordFields
  .superRefine((record, { addIssue }) => {
    const demand = (holds: boolean, path: string, message: string) => {
      if (!holds) addIssue({ code: 'custom', path: [path], message });
    };
    demand(
      (record.sequence === 1) === (record.previous === null),
      'previous',
      'is null for the first record, and for no other',
    );
    demand(record.release.environment === record.environment.name, 'release', 'is on its way to another environment');
    demand(isGenuine(record.release), 'release', 'has another digest than its content gives');
    demand(record.release.commit === record.commits.to, 'commits', 'end at another commit than the release');
    demand(
      (record.class === 'emergency') === (record.emergency !== null),
      'emergency',
      'is given for class emergency, and for no other',
    );
    const { frozen, plan } = record.delivery;
    demand(
      (frozen === null && plan === null) || (frozen !== null && plan === digestOfValue(frozen)),
      'delivery',
      'names another plan than the one that it holds',
    );
    demand(record.issued < record.expires, 'expires', 'must be after issued');
    demand(new Set(record.changeKinds).size === record.changeKinds.length, 'changeKinds', 'names a kind twice');
    const gates = record.decision.gates.map(({ gate }) => gate);
    demand(new Set(gates).size === gates.length, 'decision', 'names a gate twice');
  })
  .meta({ title: 'Tillgate release record' });

/** ReleaseRecord v1. Nothing is ever absent: what is not known is null, and each null says what it means. */
export type ReleaseRecord = z.infer<typeof releaseRecordSchema>;
