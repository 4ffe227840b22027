import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { answers, type Probe, probeOf, readiness } from './readiness.ts';
import type { Container, Pod } from './runtime.ts';

const pod = { status: { podIP: '127.0.0.1' } } as Pod;
const container = (readinessProbe?: Container['readinessProbe']): Container => ({
  name: 'odoo',
  image: 'odoo',
  ports: [{ name: 'http', containerPort: 8069 }],
  ...(readinessProbe && { readinessProbe }),
});
const process = { file: 'odoo', args: [], ready: { port: 8069, path: '/web/health' } };

describe('readiness', () => {
  // Kubernetes, "Configure Probes": failureThreshold 3, timeoutSeconds 1, successThreshold 1 unless told.
  it('is asked with the patience of Kubernetes, unless the container says otherwise', () => {
    const asked = { ip: '127.0.0.1', port: 8069, path: '/web/health' };
    expect(probeOf(pod, container(), process)).toEqual({ ...asked, timeoutMs: 1_000, failures: 3 });
    const httpGet = { path: '/ready', port: 'http' };
    expect(probeOf(pod, container({ httpGet, timeoutSeconds: 5, failureThreshold: 1 }), process)).toEqual({
      ...asked,
      path: '/ready',
      timeoutMs: 5_000,
      failures: 1,
    });
  });

  it('is told by a command, where the probe is one', async () => {
    const asked = (...command: string[]) =>
      probeOf(pod, container({ exec: { command }, failureThreshold: 1 }), process);
    expect(asked('true')).toEqual({ command: ['true'], timeoutMs: 1_000, failures: 1 });
    const told = (timeoutMs: number, ...command: string[]) =>
      answers(
        { ...(asked(...command) as Probe), timeoutMs },
        { cwd: '/', env: { READY: 'yes' } },
        new AbortController().signal,
      );
    expect(await told(10_000, '/bin/sh', '-c', 'test "$READY" = yes && test "$PWD" = /')).toBe(true);
    expect(await told(10_000, '/bin/sh', '-c', 'exit 1')).toBe(false);
    expect(await told(50, '/bin/sleep', '30')).toBe(false);
    expect(await told(10_000, '/bin/no-such-program')).toBe(false);
  });

  it('comes with the first good answer, and goes with the third bad one in a row', () => {
    const ready = readiness({ failures: 3 });
    const told = (...answered: number[]) => answered.map((each) => Number(ready(each === 1)));
    expect(told(0, 0, 1)).toEqual([0, 0, 1]);
    expect(told(0, 0, 1, 0, 0)).toEqual([1, 1, 1, 1, 1]);
    expect(told(0, 0, 1)).toEqual([0, 0, 1]);
  });

  it('is not told by an answer that takes too long', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    try {
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const probe = { ip: '127.0.0.1', port, path: '/', timeoutMs: 50, failures: 3 };
      expect(await answers(probe, { cwd: '.', env: {} }, new AbortController().signal)).toBe(false);
    } finally {
      silent.close();
      silent.closeAllConnections();
    }
  });
});
