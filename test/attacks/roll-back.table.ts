/** What keeps a rollback from leading anywhere but back. Each differs from one that would go in a single point. */

import { digestOf } from '@tillgate/release';
import {
  type DeliveryRecord,
  recordDigest,
  signActRecord,
  signerFromPem,
  signRecord,
  singleUseId,
} from '@tillgate/signing';
import { type Attempt, head } from './delivery-bed.ts';
import {
  ago,
  changed,
  NEW,
  OLD,
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

const ELSEWHERE = digestOf('an image that nobody released');

const revoked = { at: '2026-01-01T00:00:00Z', reason: 'found in a log' };

/** What a reason may hold that somebody else wrote: expressions, commands to the runner, Markdown and HTML. */
export const HOSTILE =
  '${{ secrets.KUBECONFIG }} <script>alert(1)</script> | ![x](http://evil.example) `id` %0A::set-env name=PATH::/evil';

/** A canary that went back, whose record is missing, and of which the quarantine is gone. */
export const EMPTIED: Partial<Attempt> = {
  state: (file) =>
    promoted(file, { lanes: { all: { way: 'stable', step: 0, since: 0, limitFrom: 0, end: 'returned' } } }),
  environment: (data, file) => ({ ...data, head: head(file), quarantine: '[]' }),
  inputs: { reason: `${HOSTILE}` },
};

/** Attempts to lead it elsewhere that come to nothing, because nothing but the signed record says where it leads. */
export const STEERED: readonly [string, Partial<Attempt>][] = [
  [
    'the status says ran before',
    {
      state: (file) =>
        promoted(file, {
          before: { image: ELSEWHERE, replicas: 9, floor: 9, uid: 'u', configuration: {}, errorShare: 1 },
        }),
    },
  ],
  [
    'the status holds as a way out',
    {
      state: (file) => ({
        ...promoted(file),
        escape: `stable deployments odoo merge {"spec":{"template":{"spec":{"containers":[{"name":"odoo","image":"evil@${ELSEWHERE}"}]}}}}\n`,
      }),
    },
  ],
  ['nobody can read of the status', { state: (file) => ({ ...promoted(file), status: '{"schema":1}' }) }],
  [
    'the quarantine says, emptied by hand',
    { environment: (data, file) => ({ ...data, head: head(file), quarantine: '[]' }) },
  ],
];

/** The state with the record of its delivery, by whoever signs it; the head names that record. */
const delivered = (pem: string, changes: Partial<DeliveryRecord> = {}): Partial<Attempt> => {
  let act = '';
  return {
    sign: async (record) => {
      const file = await signRecord(record, signerFromPem(ed25519.pem));
      const left: DeliveryRecord = {
        kind: 'delivery',
        sequence: 2,
        previous: recordDigest(file),
        environment: record.environment,
        record: recordDigest(file),
        release: record.release.release,
        plan: record.delivery.plan as DeliveryRecord['plan'],
        ...{ from: OLD, to: NEW, commit: null, end: 'promoted', decided: null, running: [NEW], epoch: 1, steps: [] },
        ...{ startedAt: ago(1), endedAt: ago(1), issued: ago(1), run: null, nonce: singleUseId() },
        ...changes,
      };
      act = text(await signActRecord(left, signerFromPem(pem)));
      return file;
    },
    environment: (data) => ({ ...data, head: head(Buffer.from(act), 2) }),
    state: (file) => ({ ...promoted(file), 'act-record': act }),
  };
};

/** An attempt, and why it is refused. */
export const ROLLBACKS: readonly [string, Partial<Attempt>, RegExp][] = [
  ['another environment typed', { inputs: { confirm: 'staging' } }, /confirm is "staging".*production/],
  ['nothing typed', { inputs: { confirm: '' } }, /confirm is ""/],
  ['the name typed in capitals', { inputs: { confirm: 'PRODUCTION' } }, /confirm is "PRODUCTION"/],
  [
    'inputs that name another digest',
    { inputs: { from: ELSEWHERE, to: ELSEWHERE, image: `registry.example/evil@${ELSEWHERE}` } },
    /from is no input[\s\S]*to is no input[\s\S]*image is no input/,
  ],
  ['a switch that is neither on nor off', { inputs: { execute: 'yes please' } }, /execute/],
  ['no reason', { inputs: { reason: ' \t' } }, /reason/],
  ['a reason that no record takes', { inputs: { reason: 'x'.repeat(8_001) } }, /8000/],
  ['no key', { inputs: { 'signing-key': '' } }, /signing-key is missing/],
  ['a key that signs no recovery', { inputs: { 'signing-key': ed25519.pem } }, /may not sign recovery records/],
  ["a stranger's key", { inputs: { 'signing-key': stranger.pem } }, /may not sign recovery records/],
  [
    'a key that was revoked',
    { actKeyEntry: { ...p256.entry, kinds: ['delivery', 'recovery'], revoked } },
    /may not sign recovery records/,
  ],
  ['a record of release that is not there', { inputs: { 'record-digest': 'latest' } }, /record-digest/],
  ['another workload, which was never delivered', { inputs: { workload: 'deployment/idle' } }, /\[no-state\]/],
  ['a StatefulSet', { inputs: { workload: 'statefulset/odoo' } }, /StatefulSet/],
  ['no environment object', { environment: () => undefined }, /no ConfigMap shop\/tillgate-environment/],
  [
    'a damaged quarantine',
    { environment: (data, file) => ({ ...data, head: head(file), quarantine: '{}' }) },
    /is damaged/,
  ],
  ['no head', { environment: (data) => data }, /\[no-record\]/],
  [
    'a head of another record',
    { environment: (data) => ({ ...data, head: JSON.stringify({ sequence: 1, digest: ELSEWHERE }) }) },
    /\[not-the-head\]/,
  ],
  [
    'an older record, put in as the head again',
    { environment: (data, file) => ({ ...data, head: head(file, 7) }) },
    /\[not-the-head\]/,
  ],
  ['no state', { state: () => undefined }, /\[no-state\]/],
  ['a state without its record', { state: (file) => ({ status: promoted(file).status ?? '' }) }, /\[no-state\]/],
  [
    'a state whose record is another',
    { state: (file) => ({ ...promoted(file), record: text(changed(file)) }) },
    /\[not-the-head\]/,
  ],
  ['a state of another plan', { state: (file) => ({ ...promoted(file), status: state() }) }, /\[state-edited\]/],
  [
    'a record that a stranger signed, and that the head names',
    { sign: (record) => signRecord(record, signerFromPem(stranger.pem)) },
    /\[unknown-key\]/,
  ],
  [
    'a record signed with the key of acts, and that the head names',
    { sign: (record) => signRecord(record, signerFromPem(p256.pem)) },
    /\[key-kind\]/,
  ],
  ['a changed byte, and a head that names it so', { travel: changed }, /\[signature\]/],
  [
    'a way back that nobody signed, and a head that names it so',
    { travel: (file) => within(file, OLD, ELSEWHERE) },
    /\[signature\]/,
  ],
  [
    'a signed plan that leads elsewhere than its record',
    {
      record: (record) =>
        withPlan(record, { from: ELSEWHERE, images: { [ELSEWHERE]: `evil@${ELSEWHERE}`, [NEW]: `x@${NEW}` } }),
      state: (file) => ({ record: text(file) }),
    },
    /\[plan\]/,
  ],
  ['a signed plan that its digest does not name', { sign: withUnnamedPlan }, /\[incomplete\]/],
  [
    'no plan',
    { record: (record) => ({ ...record, delivery: { ...record.delivery, frozen: null, plan: null } }) },
    /no delivery plan/,
  ],
  ['a record of another cluster', { record: ofAnotherCluster }, /\[other-identity\]/],
  [
    'a record of another environment',
    {
      environment: (data, file) => ({ ...data, environment: 'staging', head: head(file) }),
      inputs: { confirm: 'staging' },
    },
    /\[other-environment\]/,
  ],
  [
    'a module that was updated',
    { record: (record) => ({ ...record, data: { units: [{ ...SHARED, modulesToUpdate: ['stock'] }], assets: [] } }) },
    /stock.*roll-forward.*\[data-changed\]/,
  ],
  ['data that nobody looked at', { record: (record) => ({ ...record, data: null }) }, /\[data-changed\]/],
  ['a delivery record that a stranger signed', delivered(stranger.pem), /\[unknown-key\]/],
  ['a delivery record of another release', delivered(p256.pem, { record: ELSEWHERE }), /\[not-the-head\]/],
];
