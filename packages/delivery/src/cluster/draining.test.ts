import { describe, expect, it } from '@jest/globals';
import { drainingFault } from './draining.ts';
import type { Container, PodSpec } from './objects.ts';

const EXEC = { exec: { command: ['sh', '-c', 'touch /tmp/draining && sleep 15'] } };
const PROBE = { exec: { command: ['sh', '-c', 'test ! -e /tmp/draining'] }, periodSeconds: 2, failureThreshold: 3 };
const container = (preStop: object | undefined, readinessProbe: object | undefined, name = 'odoo'): Container => ({
  name,
  image: 'x',
  ...(preStop && { lifecycle: { preStop } }),
  ...(readinessProbe && { readinessProbe }),
});
const fault = (containers: Container[], more: Partial<PodSpec> = {}) => drainingFault({ containers, ...more }, 'odoo');
const run = (...command: string[]) => ({ exec: { command } });

describe('pods that sessions are bound to', () => {
  it.each<[string, Container[], Partial<PodSpec>?]>([
    ['mark themselves, and are probed often enough', [container(EXEC, PROBE)]],
    ['are told over HTTP', [container({ httpGet: { path: '/drain', port: 8069 } }, { ...PROBE, failureThreshold: 1 })]],
    ['run a script of their own', [container(run('/drain.sh'), { periodSeconds: 5, failureThreshold: 1 })]],
    ['wait for something', [container(run('sh', '-c', 'touch x; while busy; do sleep 1; done'), PROBE)]],
    ['wait twice', [container(run('sh', '-c', 'touch x; sleep 5; /tell.sh; sleep 3'), PROBE)]],
    ['wait for minutes', [container(run('sh', '-c', 'touch x; sleep 2m'), PROBE)]],
    [
      'have a neighbour that is unready for them',
      [container({ sleep: { seconds: 15 } }, PROBE), container(run('/drain.sh'), PROBE, 'proxy')],
    ],
  ])('that %s may be replaced', (_, ...[containers, more]) => {
    expect(fault(containers, more)).toBe(undefined);
  });

  it.each<[string, Container[]]>([
    ['have no hook', [container(undefined, PROBE)]],
    ['have no readiness probe', [container(EXEC, undefined)]],
    ['only wait', [container({ sleep: { seconds: 15 } }, PROBE)]],
    ['only wait, by a command', [container(run('sleep', '15'), PROBE)]],
    ['only wait, by a shell', [container(run('/bin/sh', '-c', 'sleep 15'), PROBE)]],
  ])('that %s stay ready until they end', (_, containers) => {
    expect(fault(containers)).toMatch(/stay ready until they end/);
  });

  // Kubernetes: periodSeconds 10, failureThreshold 3, terminationGracePeriodSeconds 30 unless told.
  it.each<[string, Container[], RegExp, Partial<PodSpec>?]>([
    [
      'are probed as Kubernetes does by itself',
      [container(EXEC, { exec: PROBE.exec })],
      /30 s to be unready.*after 15 s/,
    ],
    [
      'are killed first',
      [container(EXEC, PROBE)],
      /6 s to be unready.*after 5 s/,
      { terminationGracePeriodSeconds: 5 },
    ],
    ['do not wait for the router', [container(run('sh', '-c', 'touch x; sleep 7'), PROBE)], /router 2 s.*after 7 s/],
    ['end while a neighbour drains', [container(undefined, PROBE), container(EXEC, PROBE, 'proxy')], /after 0 s/],
  ])('that %s end before the router has heard of it', (_, ...[containers, told, more]) => {
    expect(fault(containers, more)).toMatch(told);
  });
});
