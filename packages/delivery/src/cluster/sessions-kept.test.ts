import { describe, expect, it } from '@jest/globals';
import type { SessionsKept } from '../plan.ts';
import type { Container, Keyed, PodSpec } from './objects.ts';
import { sessionFault } from './sessions-kept.ts';

const VOLUME: SessionsKept = { in: 'volume', claim: 'odoo-data' };
const STORE: SessionsKept = { in: 'store', env: 'REDIS_HOST' };
const CONTENTS = new Map([
  ['ConfigMap/conf', { object: { metadata: { name: 'conf' }, data: { REDIS_HOST: 'redis', HOST: 'redis' } } as Keyed }],
]);
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'odoo-data' } }];
const fault = (sessions: SessionsKept, changes: Partial<Container>, more: Partial<PodSpec> = {}) =>
  sessionFault(sessions, { containers: [{ name: 'odoo', image: 'x', ...changes }], ...more }, 'odoo', CONTENTS);

describe('sessions that are said to be kept', () => {
  it.each<[string, SessionsKept, Partial<Container>, Partial<PodSpec>?]>([
    ['on a claim that the container writes', VOLUME, { volumeMounts: [{ name: 'data' }] }, { volumes }],
    ['in a store that a variable names', STORE, { env: [{ name: 'REDIS_HOST', value: 'redis' }] }],
    ['in one that a ConfigMap names', STORE, { envFrom: [{ configMapRef: { name: 'conf' } }] }],
    ['in one that it names under a prefix', STORE, { envFrom: [{ prefix: 'REDIS_', configMapRef: { name: 'conf' } }] }],
    [
      'in one that a key of it names',
      STORE,
      { env: [{ name: 'REDIS_HOST', valueFrom: { configMapKeyRef: { name: 'conf', key: 'HOST' } } }] },
    ],
    ['nowhere', { in: 'nowhere' }, {}],
  ])('%s may be', (_, ...[sessions, changes, more]) => {
    expect(fault(sessions, changes, more)).toBe(undefined);
  });

  it.each<[string, SessionsKept, Partial<Container>, Partial<PodSpec>?]>([
    ['on a claim that no volume names', VOLUME, { volumeMounts: [{ name: 'data' }] }],
    ['on one that another container has', VOLUME, {}, { volumes }],
    ['on one that can only be read', VOLUME, { volumeMounts: [{ name: 'data', readOnly: true }] }, { volumes }],
    ['in a store that nobody names', STORE, {}],
    ['in one whose name is empty', STORE, { env: [{ name: 'REDIS_HOST', value: '' }] }],
    [
      'in one whose key is not there',
      STORE,
      { env: [{ name: 'REDIS_HOST', valueFrom: { configMapKeyRef: { name: 'conf', key: 'OTHER' } } }] },
    ],
    ['in one of a ConfigMap that is not there', STORE, { envFrom: [{ configMapRef: { name: 'gone' } }] }],
  ])('%s are not: they lie on each pod', (_, ...[sessions, changes, more]) => {
    expect(fault(sessions, changes, more)).toMatch(/lie on each pod.*environments\.\*\.delivery\.sessions/);
  });
});
