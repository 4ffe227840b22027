/**
 * What keeps a delivery from starting, shown on the shipped bundle against a real API server: each attempt differs
 * from one that would start in a single point, must end red with that reason, and must leave everything as it was.
 */

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { planOf, rollbackOf } from '@tillgate/delivery';
import { podTemplateDigest } from '@tillgate/kubernetes';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { digestOf, digestOfValue, instantOf, type Sha256, subjectOf } from '@tillgate/release';
import {
  KEY_SET_SCHEMA,
  namedByUri,
  type ReleaseRecord,
  recordDigest,
  signerFromPem,
  signRecord,
  signStatement,
  statementOf,
} from '@tillgate/signing';
import { exampleRecord } from '@tillgate/signing/test-kit';
import { type Cluster, needBed, startCluster } from '@tillgate/testbed';
import { BUNDLES, newJob, type Ran, runBundle } from '../bundles/run-bundle.ts';
import { ed25519, p256, testKey } from './scene.ts';

const tools = await needBed('etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl', 'kwok');
const bundle = BUNDLES.find(({ action }) => action === 'canary-deploy');
const [OLD, NEW] = [digestOf('old image'), digestOf('new image')];
const POLICY = Buffer.from(
  'extends: preset:odoo-retail\nenvironments:\n  production:\n    timezone: UTC\n    delivery: { router: { by: traefik, traefikService: odoo, ingressRoute: odoo }, sessions: { in: store, env: REDIS_HOST } }\n',
);
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop/odoo', digest: NEW }],
});
const stranger = testKey(() => generateKeyPairSync('ed25519'));
const SHARED = { units: ['*'], oldOnNew: 'yes' as const, newOnOld: 'yes' as const, modulesToUpdate: [] };

/** One attempt to deliver, of which a test changes one thing. */
interface Attempt {
  record(record: ReleaseRecord): ReleaseRecord;
  /** The bytes that are handed over; by default the record signed with the environment's own key. */
  sign(record: ReleaseRecord): Promise<Uint8Array>;
  /** What travels after it was signed. */
  travel(file: Uint8Array): Uint8Array;
  /** What the environment's key set says of the key of releases. */
  keyEntry: Record<string, unknown>;
  environment(data: Record<string, string>, file: Uint8Array): Record<string, string> | undefined;
  /** The state object that lies there; none by default. */
  state(file: Uint8Array): Record<string, string> | undefined;
  inputs: Record<string, string>;
}

(tools && bundle ? describe : describe.skip)('a delivery', () => {
  let cluster: Cluster;
  let kubeconfig: string;
  let good: ReleaseRecord;
  beforeAll(async () => {
    cluster = await startCluster();
    kubeconfig = readFileSync(cluster.kubeconfig, 'utf8');
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await cluster.kubectl(['apply', '-f', '-'], workload('odoo', 2));
    await cluster.kubectl(['apply', '-f', '-'], workload('idle', 0));
    await cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--namespace=shop', '--timeout=60s']);
    good = await recordOf(cluster);
  }, 120_000);
  afterAll(() => cluster?.stop());

  async function attempt(changed: Partial<Attempt> = {}): Promise<Ran> {
    const one: Attempt = {
      record: (record) => record,
      sign: (record) => signRecord(record, signerFromPem(ed25519.pem)),
      travel: (file) => file,
      keyEntry: ed25519.entry,
      environment: (data) => data,
      state: () => undefined,
      inputs: {},
      ...changed,
    };
    const job = await newJob();
    try {
      const signed = await one.sign(one.record(structuredClone(good)));
      const file = one.travel(signed);
      const keys = {
        schema: KEY_SET_SCHEMA,
        environments: [{ name: 'production', test: true }],
        keys: [one.keyEntry, { ...p256.entry, kinds: ['delivery', 'recovery'] }],
      };
      const data = one.environment(
        { environment: 'production', policy: digestOf(POLICY), keys: JSON.stringify(keys), head: '' },
        signed,
      );
      await put('tillgate-environment', data);
      await put('tillgate-delivery-odoo', one.state(signed));
      await writeFile(join(job.workspace, 'record.json'), file);
      const before = await production();
      const ran = await runBundle(bundle as NonNullable<typeof bundle>, job, {
        inputs: {
          namespace: 'shop',
          workload: 'deployment/odoo',
          record: 'record.json',
          kubeconfig,
          'signing-key': p256.pem,
          'github-token': 'ghs_nobodynobodynobody',
          ...one.inputs,
        },
      });
      expect({ code: ran.code, log: ran.code === 1 ? '' : ran.log }).toEqual({ code: 1, log: '' });
      expect(await production()).toEqual(before);
      expect(Object.keys(ran.left)).toEqual(['record.json']);
      return ran;
    } finally {
      await job.remove();
    }
  }

  /** Everything that a delivery would touch, with versions. */
  async function production(): Promise<string> {
    return cluster.kubectl([
      'get',
      'deployments,services,leases,configmaps',
      '-n',
      'shop',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
    ]);
  }

  async function put(name: string, data: Record<string, string> | undefined): Promise<void> {
    await cluster.kubectl(['delete', 'configmap', name, '-n', 'shop', '--ignore-not-found']);
    if (!data) return;
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
  }

  it('in which nothing is wrong comes as far as production, where the image still belongs to somebody else', async () => {
    const { log } = await attempt();
    expect(log).toContain('fits');
    expect(log).toMatch(/belongs to .*kubectl-client-side-apply/);
  });

  const head = (file: Uint8Array) => JSON.stringify({ sequence: 1, digest: recordDigest(file) });
  const REFUSED: [string, Partial<Attempt>, RegExp][] = [
    [
      'a record that a stranger signed',
      { sign: (record) => signRecord(record, signerFromPem(stranger.pem)) },
      /\[unknown-key\]/,
    ],
    [
      'a record signed with the key of deliveries',
      { sign: (record) => signRecord(record, signerFromPem(p256.pem)) },
      /\[key-kind\]/,
    ],
    [
      'a key that was revoked',
      { keyEntry: { ...ed25519.entry, revoked: { at: '2026-01-01T00:00:00Z', reason: 'found in a log' } } },
      /\[revoked-key\]/,
    ],
    [
      'a key of another environment',
      {
        environment: (data) => ({
          ...data,
          keys:
            data.keys
              ?.replace('["production"]', '["staging"]')
              .replace(
                '[{"name":"production","test":true}]',
                '[{"name":"production","test":true},{"name":"staging"}]',
              ) ?? '',
        }),
      },
      /\[key-environment\]/,
    ],
    [
      'a test key where nothing is for tests',
      {
        environment: (data) => ({
          ...data,
          keys: data.keys?.replace('"name":"production","test":true', '"name":"production"') ?? '',
        }),
      },
      /\[test-key\]/,
    ],
    ['a changed byte', { travel: changed }, /\[signature\]/],
    [
      'a record written again by a tool',
      { travel: (file) => Buffer.from(JSON.stringify(JSON.parse(text(file)), null, 1)) },
      /\[not-the-one-form\]/,
    ],
    ['half a record', { travel: (file) => file.subarray(0, 500) }, /\[(not-json|not-an-envelope)\]/],
    [
      'a record that has expired',
      { record: (record) => ({ ...record, issued: ago(2), expires: ago(1) }) },
      /\[expired\]/,
    ],
    [
      'a record of tomorrow',
      { record: (record) => ({ ...record, issued: ago(-24), expires: ago(-25) }) },
      /\[issued-in-future\]/,
    ],
    [
      'a record that was used',
      {
        environment: (data, file) => ({
          ...data,
          head: JSON.stringify({ sequence: 2, digest: recordDigest(Buffer.from([...file, 1])) }),
        }),
      },
      /\[not-next-in-chain\]/,
    ],
    [
      'a record of another environment',
      { environment: (data) => ({ ...data, environment: 'staging' }) },
      /\[other-environment\]/,
    ],
    [
      'a record of another cluster',
      {
        record: (record) => ({
          ...record,
          environment: {
            ...record.environment,
            identity: { clusterUid: 'another', namespace: 'shop', workload: 'deployment/odoo' },
          },
        }),
      },
      /\[other-identity\]/,
    ],
    ['a record of another workload', { inputs: { workload: 'deployment/idle' } }, /\[other-identity\]/],
    [
      'a record without identity',
      { record: (record) => ({ ...record, environment: { ...record.environment, identity: null } }) },
      /\[other-identity\]/,
    ],
    ['another policy', { environment: (data) => ({ ...data, policy: digestOf('weaker') }) }, /\[other-policy\]/],
    [
      'a plan that was swapped after signing',
      { travel: (file) => within(file, '"candidateShare":500', '"candidateShare":9999') },
      /\[signature\]/,
    ],
    [
      'a signed plan that its digest does not name',
      { sign: (record) => signedAsItIs({ ...record, delivery: { ...record.delivery, frozen: { schema: 'x' } } }) },
      /\[incomplete\]/,
    ],
    [
      'a plan of another release',
      { record: (record) => withPlan(record, { release: digestOf('x') }) },
      /not of the release/,
    ],
    ['a plan with a step that is none', { record: (record) => withPlan(record, { waves: [] }) }, /\[plan\]/],
    [
      'no plan',
      { record: (record) => ({ ...record, delivery: { ...record.delivery, frozen: null, plan: null } }) },
      /no delivery plan/,
    ],
    [
      'another pod template than was approved',
      { record: (record) => ({ ...record, delivery: { ...record.delivery, podTemplate: digestOf('x') } }) },
      /\[other-template\]/,
    ],
    [
      'data that nobody looked at',
      { record: (record) => ({ ...record, data: null }) },
      /\[database-not-shared\].*|migration-readiness/,
    ],
    [
      'a module that needs an update',
      { record: (record) => ({ ...record, data: { units: [{ ...SHARED, modulesToUpdate: ['stock'] }], assets: [] } }) },
      /stock.*\[database-not-shared\]/,
    ],
    [
      'an opening that has ended',
      { record: (record) => ({ ...record, freeze: { ...record.freeze, closesAt: ago(1) } }) },
      /\[frozen\]/,
    ],
    [
      'a platform team that has stopped deliveries',
      { environment: (data) => ({ ...data, freeze: 'the tills of the north are down' }) },
      /tills of the north.*\[frozen\]/,
    ],
    [
      'an image under quarantine',
      {
        environment: (data) => ({
          ...data,
          quarantine: JSON.stringify([{ digest: NEW, reason: 'lost card numbers', at: ago(1) }]),
        }),
      },
      /lost card numbers.*\[quarantined\]/,
    ],
    ['no environment object', { environment: () => undefined }, /no ConfigMap shop\/tillgate-environment/],
    ['a damaged environment object', { environment: (data) => ({ ...data, head: 'sequence 3' }) }, /is damaged/],
    ['a damaged key set', { environment: (data) => ({ ...data, keys: '{' }) }, /key set/],
    ['a key that signs no delivery', { inputs: { 'signing-key': ed25519.pem } }, /may not sign delivery records/],
    ['a StatefulSet', { inputs: { workload: 'statefulset/odoo' } }, /StatefulSet/],
    [
      'another delivery on its way',
      { state: () => ({ record: 'x', status: state(), over: 'false' }) },
      /\[another-delivery\]/,
    ],
    [
      'a state of a newer schema',
      {
        environment: (data, file) => ({ ...data, head: head(file) }),
        state: (file) => ({ record: text(file), status: state({ schema: 2 }) }),
      },
      /schema/,
    ],
    [
      'a state of another plan',
      {
        environment: (data, file) => ({ ...data, head: head(file) }),
        state: (file) => ({ record: text(file), status: state(), escape: '' }),
      },
      /plan/,
    ],
    [
      'a state that is too large',
      {
        environment: (data, file) => ({ ...data, head: head(file) }),
        state: (file) => ({ record: text(file), status: state(), more: 'x'.repeat(300_000) }),
      },
      /300|bytes/,
    ],
  ];
  it.each(REFUSED)('with %s does not start', async (_, changes, why) => {
    const { log, outputs } = await attempt(changes);
    expect(
      log
        .split('\n')
        .filter((line) => line.startsWith('::error'))
        .join('\n'),
    ).toMatch(why);
    expect(outputs['delivery-record'] ?? '').toBe('');
  });
});

function workload(name: string, replicas: number): string {
  const labels = { app: name, 'tillgate.dev/track': 'stable' };
  const containers = [{ name: 'odoo', image: `registry.example/shop/odoo@${OLD}`, args: ['odoo'] }];
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
}

/** The record of a release that nothing is wrong with, in this cluster. */
async function recordOf(cluster: Cluster): Promise<ReleaseRecord> {
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

function withPlan(record: ReleaseRecord, changes: object): ReleaseRecord {
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
function state(changes: object = {}): string {
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
    before: { image: OLD, replicas: 2, uid: 'u', configuration: {}, errorShare: null },
    heard: [],
    history: [],
    ...changes,
  });
}

function within(file: Uint8Array, from: string, to: string): Uint8Array {
  const envelope = JSON.parse(text(file)) as { payload: string };
  const payload = Buffer.from(envelope.payload, 'base64').toString();
  if (!payload.includes(from)) throw new Error(`The record does not hold ${from}.`);
  return Buffer.from(
    JSON.stringify({ ...envelope, payload: Buffer.from(payload.replace(from, to)).toString('base64') }),
  );
}

function changed(file: Uint8Array): Uint8Array {
  return within(file, '"PASSED"', '"PASSEd"');
}

function ago(hours: number): string {
  return instantOf(Date.now() - hours * 3_600_000 - 5_000);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
