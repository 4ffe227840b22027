import { generateKeyPairSync } from 'node:crypto';
import { planOf, rollbackOf } from '@tillgate/delivery';
import { podTemplateDigest } from '@tillgate/kubernetes';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { digestOf, digestOfValue, instantOf, type Sha256, subjectOf } from '@tillgate/release';
import {
  namedByUri,
  ownMembers,
  type ReleaseRecord,
  recordDigest,
  signerFromPem,
  signStatement,
  statementOf,
} from '@tillgate/signing';
import { exampleRecord } from '@tillgate/signing/test-kit';
import type { Cluster } from '@tillgate/testbed';
import { ed25519, testKey } from './scene.ts';

export const [OLD, NEW] = [digestOf('old image'), digestOf('new image')];
export const POLICY = Buffer.from(
  'extends: preset:odoo-retail\nenvironments:\n  production:\n    timezone: UTC\n    delivery: { router: { by: traefik, traefikService: odoo, ingressRoute: odoo }, sessions: { in: store, env: REDIS_HOST } }\n',
);
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop/odoo', digest: NEW }],
});
/** A key that no environment knows. */
export const stranger = testKey(() => generateKeyPairSync('ed25519'));
/** Two versions that may share a database. */
export const SHARED = { units: ['*'], oldOnNew: 'yes' as const, newOnOld: 'yes' as const, modulesToUpdate: [] };

/** A record that was made for another cluster. */
export function ofAnotherCluster(record: ReleaseRecord): ReleaseRecord {
  const identity = { clusterUid: 'another', namespace: 'shop', workload: 'deployment/odoo' };
  return { ...record, environment: { ...record.environment, identity } };
}

/** A record whose plan is not the one of which it bears the digest, signed all the same. */
export function withUnnamedPlan(record: ReleaseRecord): Promise<Uint8Array> {
  return signedAsItIs({ ...record, delivery: { ...record.delivery, frozen: { schema: 'x' } } });
}

/** The record of a release that nothing is wrong with, in this cluster. */
export async function recordOf(cluster: Cluster): Promise<ReleaseRecord> {
  const { spec } = await cluster.api.get<{ spec: { template: unknown } }>(
    '/apis/apps/v1/namespaces/shop/deployments/odoo',
  );
  const { metadata } = await cluster.api.get<{ metadata: { uid: string } }>('/api/v1/namespaces/kube-system');
  const identity = { clusterUid: metadata.uid, namespace: 'shop', workload: 'deployment/odoo' };
  const podTemplate = podTemplateDigest(spec.template, 'odoo') as Sha256;
  const image = `registry.example/shop/odoo@${OLD}`;
  const plan = planOf({
    policy: effectivePolicy(loadPolicy(POLICY), RELEASE, undefined, ago(0)),
    subject: RELEASE,
    production: { identity, running: [OLD], keys: '', workload: { container: 'odoo', image, podTemplate } },
    data: {
      units: [SHARED],
      assets: [],
      connections: { workers: 1, cronThreads: 1, perProcess: 2, room: 100 },
      from: OLD,
      to: NEW,
    },
    image: `registry.example/shop/odoo@${NEW}`,
  });
  if (!plan) throw new Error('The policy of this test says how to deliver.');
  const frozen = JSON.parse(JSON.stringify(plan)) as ReleaseRecord['delivery']['frozen'];
  return exampleRecord({
    sequence: 1,
    previous: null,
    environment: { name: 'production', identity },
    release: RELEASE,
    from: [{ kind: 'image', name: null, digest: OLD }],
    commits: { from: null, to: RELEASE.commit, binding: 'label' },
    policy: {
      uri: 'git+https://github.example/x/y#p',
      commit: 'c'.repeat(40),
      digest: digestOf(POLICY),
      configuration: digestOf('c'),
    },
    data: { units: [SHARED], assets: [{ bundle: 'web.assets_web', from: 'a', to: 'a' }] },
    delivery: { strategy: 'canary', frozen, plan: digestOfValue(frozen), podTemplate, watchMs: 1 },
    recovery: { open: [], closed: [], plan: digestOfValue(rollbackOf(plan)), rtoMs: null, rpoMs: null },
    freeze: { at: ago(0), closesAt: null, window: null },
    readmitted: [],
    issued: ago(0),
    expires: ago(-1),
  });
}

export function withPlan(record: ReleaseRecord, changes: object): ReleaseRecord {
  const frozen = { ...(record.delivery.frozen as object), ...changes } as ReleaseRecord['delivery']['frozen'];
  return { ...record, delivery: { ...record.delivery, frozen, plan: digestOfValue(frozen) } };
}

/** Signed by somebody who has the right key and no scruples: no schema is asked. */
function signedAsItIs(record: ReleaseRecord): Promise<Uint8Array> {
  const statement = statementOf(record);
  return signStatement(
    { ...statement, predicate: { ...statement.predicate, ...namedByUri(record) } },
    signerFromPem(ed25519.pem),
  );
}

/** A status that says as little as one can. */
export function state(changes: object = {}): string {
  return JSON.stringify({
    schema: 1,
    plan: digestOf('another plan'),
    record: digestOf('another record'),
    epoch: 1,
    startedAt: 0,
    deadline: 1,
    onInconclusive: 'pause',
    lanes: {},
    evidence: {},
    safe: 'stable',
    escape: {},
    before: { image: OLD, replicas: 2, floor: 2, uid: 'u', configuration: {}, errorShare: null },
    heard: [],
    history: [],
    ...changes,
  });
}

/** What lies there of a release that was promoted; `changes` of its status. */
export function promoted(file: Uint8Array, changes: object = {}): Record<string, string> {
  const lanes = { all: { way: 'forward', step: 0, since: 0, limitFrom: 0, end: 'promoted' } };
  const rests = { plan: planOfRecord(file), record: recordDigest(file) };
  return { record: text(file), status: state({ ...rests, lanes, ...changes }), over: 'true' };
}

/** Digest of the plan that a record names. */
function planOfRecord(file: Uint8Array): unknown {
  const { payload } = JSON.parse(text(file)) as { payload: string };
  const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: Record<string, unknown> };
  return ownMembers(predicate).delivery && (ownMembers(predicate).delivery as { plan: unknown }).plan;
}

/** Written over in the middle, and wrapped again as if nothing had happened. */
export function within(file: Uint8Array, from: string, to: string): Uint8Array {
  const envelope = JSON.parse(text(file)) as { payload: string };
  const payload = Buffer.from(envelope.payload, 'base64').toString();
  if (!payload.includes(from)) throw new Error(`The record does not hold ${from}.`);
  return Buffer.from(
    JSON.stringify({ ...envelope, payload: Buffer.from(payload.replace(from, to)).toString('base64') }),
  );
}

export function changed(file: Uint8Array): Uint8Array {
  return within(file, '"PASSED"', '"PASSEd"');
}

export function ago(hours: number): string {
  return instantOf(Date.now() - hours * 3_600_000 - 5_000);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
