/** What keeps a delivery from starting. Each differs from one that would start in a single point. */

import { digestOf } from '@tillgate/release';
import { recordDigest, signerFromPem, signRecord } from '@tillgate/signing';
import { type Attempt, head } from './delivery-bed.ts';
import {
  ago,
  changed,
  NEW,
  ofAnotherCluster,
  promoted,
  SHARED,
  state,
  stranger,
  text,
  within,
  withPlan,
  withUnnamedPlan,
} from './delivery-records.ts';
import { ed25519, p256 } from './scene.ts';

/** An attempt, and why it is refused. */
export const DELIVERIES: readonly [string, Partial<Attempt>, RegExp][] = [
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
            .replace('[{"name":"production","test":true}]', '[{"name":"production","test":true},{"name":"staging"}]') ??
          '',
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
  ['a record of another cluster', { record: ofAnotherCluster }, /\[other-identity\]/],
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
  ['a signed plan that its digest does not name', { sign: withUnnamedPlan }, /\[incomplete\]/],
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
    'a state that says "promoted", where the old version runs',
    { environment: (data, file) => ({ ...data, head: head(file) }), state: promoted },
    /says "promoted", but stable is told to run .*dispatch the rollback/,
  ],
  [
    'a state that says "promoted" of a step that the plan has not',
    {
      environment: (data, file) => ({ ...data, head: head(file) }),
      state: (file) =>
        promoted(file, { lanes: { all: { way: 'forward', step: 99, since: 0, limitFrom: 0, end: 'promoted' } } }),
    },
    /names step 99/,
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
