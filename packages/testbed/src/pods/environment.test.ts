import { describe, expect, it } from '@jest/globals';
import { type Api, ApiError } from '../cluster/api.ts';
import { environmentOf, expand } from './environment.ts';
import type { Container, EnvEntry, Pod } from './runtime.ts';
import { runtimeOf } from './selection.ts';

const pod = (container: Partial<Container>, spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name: 'shop-0', namespace: 'north', uid: 'u', labels: { app: 'shop' } },
  spec: { nodeName: 'zone-a-1', containers: [{ name: 'main', image: 'example.test/shop:1', ...container }], ...spec },
  status: { podIP: '10.244.0.9' },
});

/** An API that knows one ConfigMap and one Secret. */
const api = {
  async get(path: string) {
    if (path === '/api/v1/namespaces/north/configmaps/settings') return { data: { workers: '2' } };
    if (path === '/api/v1/namespaces/north/secrets/database') return { data: { password: 'b3BhcXVl' } };
    throw new ApiError('not found', 404);
  },
} as unknown as Api;
const envOf = (container: Partial<Container>) => {
  const one = pod(container);
  return environmentOf(one, one.spec.containers[0] as Container, api);
};

describe('the environment of a container', () => {
  it('has values, fields of the pod, and what ConfigMaps and Secrets hold', async () => {
    const env = await envOf({
      envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'ODOO_' }],
      env: [
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'database', key: 'password' } } },
        { name: 'URL', value: 'http://$(APP).$(NOWHERE)/$$(APP)' },
        { name: 'EMPTY' },
      ],
    });
    expect(env).toEqual({
      HOSTNAME: 'shop-0',
      ODOO_workers: '2',
      NODE: 'zone-a-1',
      APP: 'shop',
      PASSWORD: 'opaque',
      // https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
      URL: 'http://shop.$(NOWHERE)/$(APP)',
      EMPTY: '',
    });
  });

  it.each([
    ['a missing object', { configMapKeyRef: { name: 'none', key: 'a' } }, 'not found'],
    ['a missing key', { secretKeyRef: { name: 'database', key: 'user' } }, "couldn't find key user in database"],
    ['a field that is not known', { fieldRef: { fieldPath: 'status.hostIPs' } }, 'status.hostIPs is not known'],
    ['a source that is not known', { resourceFieldRef: {} }, 'this kind of valueFrom is not known'],
  ])('refuses %s', async (_, valueFrom, says) => {
    await expect(
      envOf({ env: [{ name: 'A', valueFrom: valueFrom as NonNullable<EnvEntry['valueFrom']> }] }),
    ).rejects.toThrow(says);
  });

  it('expands arguments as Kubernetes does', () => {
    expect(expand('$(A) $B $(C) $$(A) $$', { A: 'x' })).toBe('x $B $(C) $(A) $');
  });
});

describe('who makes a process of a pod', () => {
  const shop = { images: /(^|\/)shop([:@]|$)/, start: () => undefined };

  it('is the runtime of its image, else its command where it runs to an end, else nobody', () => {
    expect(runtimeOf(pod({}), [shop])).toBe(shop);
    expect(runtimeOf(pod({ image: 'example.test/shopper:1' }), [shop])).toBeUndefined();
    expect(runtimeOf(pod({ image: 'x', command: ['true'] }, { restartPolicy: 'Never' }), [shop])).toBe('command');
    expect(runtimeOf(pod({ image: 'x', command: ['true'] }), [shop])).toBeUndefined();
    expect(runtimeOf(pod({ image: 'x', args: ['true'] }, { restartPolicy: 'OnFailure' }), [shop])).toBeUndefined();
  });
});
