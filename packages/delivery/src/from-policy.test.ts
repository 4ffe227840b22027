import { describe, expect, it } from '@jest/globals';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { digestOf, type Facts, subjectOf } from '@tillgate/release';
import { planOf, rollbackOf } from './from-policy.ts';
import type { Plan } from './plan.ts';

const [FROM, TO] = [digestOf('from'), digestOf('to')];
const SUBJECT = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop/odoo', digest: TO }],
});
const PRODUCTION: Facts['observe-production'] = {
  identity: { clusterUid: 'uid-1', namespace: 'shop', workload: 'deployment/odoo' },
  running: [FROM],
  keys: '{}',
  workload: { container: 'odoo', image: 'registry.example:5000/shop/odoo:19.0', podTemplate: digestOf('template') },
};
const CONNECTIONS = { workers: 4, cronThreads: 1, perProcess: 8, room: 190 };
const DATA: Facts['migration-readiness'] = { units: [], assets: null, connections: CONNECTIONS, from: FROM, to: TO };
const DELIVERY = `    delivery:
      router: { by: traefik, traefikService: odoo, ingressRoute: shops }
      sessions: { in: volume, claim: odoo-data }
      testers: { name: X-Try, value: "yes", for: 5m }
      steps: [{ share: 0.5, for: 1m }, { share: 50, sessions: 200, analysis: false }]
`;
const policyWith = (delivery: string) =>
  effectivePolicy(
    loadPolicy(
      Buffer.from(`extends: preset:odoo-retail\nenvironments:\n  production:\n    timezone: UTC\n${delivery}`),
    ),
    SUBJECT,
    undefined,
    '2026-11-27T05:00:00.000Z',
  );
const planned = (changes: Partial<Parameters<typeof planOf>[0]> = {}, delivery = DELIVERY) =>
  planOf({
    policy: policyWith(delivery),
    subject: SUBJECT,
    production: PRODUCTION,
    data: DATA,
    image: `registry.example:5000/shop/odoo:new@${TO}`,
    ...changes,
  });

describe('the plan of a release', () => {
  it('is none where the policy does not say how the environment is delivered to', () => {
    expect(planned({}, '')).toBe(null);
  });

  it('is what the policy says, of what production was seen to be', () => {
    const plan = planned() as Plan;
    expect(plan).toMatchObject({
      strategy: 'canary',
      from: FROM,
      to: TO,
      workload: { namespace: 'shop', deployment: 'odoo', container: 'odoo' },
      images: { [FROM]: `registry.example:5000/shop/odoo@${FROM}`, [TO]: `registry.example:5000/shop/odoo@${TO}` },
      podTemplate: PRODUCTION.workload?.podTemplate,
      router: { by: 'traefik', traefikService: 'odoo', testers: { by: 'header', name: 'X-Try', value: 'yes' } },
      shared: { sessions: { in: 'volume', claim: 'odoo-data' }, connections: CONNECTIONS },
      abandonAfterMs: 600_000,
    });
    const steps = plan.waves[0]?.[0]?.steps ?? [];
    expect(steps.map(({ name, goal }) => [name, goal.candidateShare])).toEqual([
      ['prepare', 0],
      ['0.5 %', 50],
      ['50 %', 5_000],
      ['promote', 5_000],
      ['settle', 0],
      ['watch', 0],
    ]);
    expect(steps[0]?.leaveWhen).toContainEqual({ by: 'time', ms: 300_000 });
    expect(steps[2]?.leaveWhen).toContainEqual({ by: 'sessions', atLeast: 200, within: 500 });
    expect(steps[2]?.leaveWhen).not.toContainEqual({ by: 'analysis' });
    // The analysis itself asks for no sessions here: a step does.
    expect(plan.watching?.beside.readings.map(({ counts }) => counts.kind)).toContain('sessions');
  });

  it('is none where a step counts sessions that no query counts', () => {
    const policy = policyWith(DELIVERY);
    const { sessions: _, ...analysis } = policy.whole.analysis;
    const without = { ...policy, whole: { ...policy.whole, analysis } };
    expect(() => planned({ policy: without })).toThrow('analysis.sessions');
  });

  it.each([
    ['nobody has looked', undefined],
    ['it was looked in another image', { ...DATA, to: digestOf('x') }],
    ['an older script has looked', { ...DATA, connections: null }],
  ])('knows of no connections where %s', (_, data) => {
    expect(planned({ data })?.shared?.connections).toBe(null);
  });

  it('knows of no sessions where the policy does not say', () => {
    expect(planned({}, DELIVERY.replace(/ +sessions.*\n/, ''))?.shared?.sessions).toBe(null);
  });

  it('has a way back that follows from it alone', () => {
    const back = rollbackOf(planned() as Plan);
    expect(back).toMatchObject({ strategy: 'rollback', from: TO, to: FROM, podTemplate: null });
    expect(rollbackOf(JSON.parse(JSON.stringify(planned())) as Plan)).toEqual(back);
  });

  const { workload: _, ...without } = PRODUCTION;
  it.each([
    ['two versions run', { production: { ...PRODUCTION, running: [FROM, digestOf('x')] } }, 'must run one version'],
    ['nothing runs', { production: { ...PRODUCTION, running: [] } }, 'must run one version'],
    ['the container is not there', { production: without }, 'no container "odoo"'],
    ['it runs already', { production: { ...PRODUCTION, running: [TO] } }, 'runs sha256:'],
    ['the image is another', { image: `shop/odoo@${FROM}` }, 'but its digest is'],
    ['its host was masked', { image: `***/odoo@${TO}` }, 'was a part of it masked'],
  ])('is refused where %s', (_, changes, why) => {
    expect(() => planned(changes)).toThrow(why);
  });
});
