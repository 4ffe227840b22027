import { describe, expect, it } from '@jest/globals';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import { digestOf, type Facts, type Finding, subjectOf, VERDICT_SCHEMA, type Verdict } from '@tillgate/release';
import { releaseRecordSchema } from '@tillgate/signing';
import type { Decision, GateAnswer } from './decide.ts';
import { type RecordCircumstances, RecordError, releaseRecordOf } from './release-record.ts';

const AT = '2026-11-27T05:00:00.000Z';
const RUNNING = digestOf('running');
const KEYS = '{"keys": []}';
const SUBJECT = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop/odoo', digest: digestOf('1') }],
});
const POLICY = effectivePolicy(
  loadPolicy(
    Buffer.from(
      'extends: preset:odoo-retail\nenvironments:\n  production: { timezone: Europe/Berlin }\nclasses:\n  standard: { recordValidFor: 12h, recovery: { rto: 30m, rpo: 5m }, delivery: { watch: 2h } }\n',
    ),
  ),
  SUBJECT,
  undefined,
  AT,
);
const PRODUCTION: Facts['observe-production'] = {
  identity: { clusterUid: 'uid-1', namespace: 'shop', workload: 'deployment/odoo' },
  running: [RUNNING],
  head: { sequence: 4, digest: digestOf('head'), commit: 'c'.repeat(40) },
  keys: KEYS,
};
const SCAN: Facts['image-scan-gate'] = {
  image: digestOf('1'),
  baseline: [],
  new: 0,
  fixed: 0,
  unchanged: 0,
  accepted: 0,
  commitBinding: 'label',
};

function answer(gate: GateAnswer['gate'], facts: unknown, findings: Finding[] = []): GateAnswer {
  const verdict = {
    schema: VERDICT_SCHEMA,
    gate,
    facts,
    findings,
    observedAt: '2026-11-27T05:55:00+01:00',
    validUntil: '2026-11-27T07:00:00+01:00',
  };
  return { gate, required: true, outcome: 'pass', verdict: verdict as unknown as Verdict, document: digestOf(gate) };
}
function decision(production: Facts['observe-production'] | null = PRODUCTION, findings: Finding[] = []): Decision {
  const answers = [
    answer('image-scan-gate', SCAN, findings),
    ...(production ? [answer('observe-production', production)] : []),
  ];
  return {
    outcome: 'go',
    objections: [],
    answers,
    subject: SUBJECT,
    changeKinds: ['application'],
    policy: POLICY,
    at: AT,
  };
}
const AROUND: RecordCircumstances = {
  approvals: {
    required: 1,
    counted: [{ id: 1, login: 'alice', kind: 'environment', where: 'production-approval', at: null, commit: null }],
    refused: [],
  },
  policy: { uri: 'git+https://github.example/corner-shops/shops#.github/release-policy.yml', commit: 'd'.repeat(40) },
  freeze: { at: AT, closesAt: null, window: null },
  workflow: { repository: 'corner-shops/shops', path: '.github/workflows/release.yml', sha: 'e'.repeat(40) },
  run: { repository: 'corner-shops/shops', id: '77', attempt: 2 },
  clock: { source: 'system', offsetMs: 12 },
  plans: null,
  issued: AT,
  nonce: 'f'.repeat(32),
};
const accepted = (expires: string): Finding => ({
  rule: 'scan/new-vulnerability',
  key: 'CVE-1',
  severity: 'warn',
  message: 'm',
  remedy: 'r',
  accepted: { by: 'waiver', id: 'W-1', digest: digestOf('w'), expires, ...{ added: 'by a later version' } },
});

describe('a release record', () => {
  it('says what may go, why, and how recovery would be done: every field', () => {
    const record = releaseRecordOf(decision(PRODUCTION, [accepted('2026-11-27T09:00:00+01:00')]), AROUND);
    expect(record).toEqual({
      kind: 'release',
      sequence: 5,
      previous: digestOf('head'),
      environment: { name: 'production', identity: PRODUCTION.identity },
      release: SUBJECT,
      from: [{ kind: 'image', name: null, digest: RUNNING }],
      commits: { from: 'c'.repeat(40), to: 'a'.repeat(40), binding: 'label' },
      policy: { ...AROUND.policy, digest: POLICY.digest, configuration: POLICY.configuration },
      class: 'standard',
      changeKinds: ['application'],
      emergency: null,
      decision: {
        outcome: 'go',
        gates: [gate('image-scan-gate'), gate('observe-production')],
      },
      approvals: {
        required: 1,
        given: [{ id: 1, kind: 'environment', where: 'production-approval', at: null, commit: null }],
      },
      exceptions: [
        {
          by: 'waiver',
          id: 'W-1',
          digest: digestOf('w'),
          expires: '2026-11-27T08:00:00.000Z',
          gate: 'image-scan-gate',
          rule: 'scan/new-vulnerability',
          key: 'CVE-1',
        },
      ],
      data: null,
      delivery: { strategy: null, plan: null, frozen: null, podTemplate: null, watchMs: 7_200_000 },
      recovery: {
        open: [{ act: 'rollback', how: expect.stringContaining(RUNNING), restorePoint: null }],
        closed: [{ act: 'restore', why: expect.stringContaining('No restore point') }],
        plan: null,
        rtoMs: 1_800_000,
        rpoMs: 300_000,
      },
      freeze: AROUND.freeze,
      readmitted: [],
      workflow: AROUND.workflow,
      run: AROUND.run,
      clock: AROUND.clock,
      issued: AT,
      expires: '2026-11-27T08:00:00.000Z', // the waiver ends before the twelve hours of the class
      nonce: AROUND.nonce,
    });
  });

  it('lives as long as its class says where nothing ends earlier', () => {
    expect(releaseRecordOf(decision(), AROUND).expires).toBe('2026-11-27T17:00:00.000Z');
  });

  it('takes an acceptance that has expired for none', () => {
    const record = releaseRecordOf(decision(PRODUCTION, [accepted(AT)]), AROUND);
    expect(record.exceptions).toEqual([]);
    expect(record.expires).toBe('2026-11-27T17:00:00.000Z');
  });

  it('is the first of its chain where there is no head, and has no way back where nothing ran', () => {
    const { head: _, ...rest } = PRODUCTION;
    const record = releaseRecordOf(decision({ ...rest, running: [] }), AROUND);
    expect(record).toMatchObject({ sequence: 1, previous: null, from: [], commits: { from: null } });
    expect(record.recovery.open).toEqual([]);
    expect(record.recovery.closed[0]).toMatchObject({ act: 'rollback', why: expect.stringContaining('Nothing ran') });
  });

  it('promises no rollback where two versions ran', () => {
    const { recovery } = releaseRecordOf(decision({ ...PRODUCTION, running: [RUNNING, digestOf('other')] }), AROUND);
    expect(recovery.open).toEqual([]);
    expect(recovery.closed.map(({ act }) => act)).toEqual(['rollback', 'restore']);
  });

  it('holds the frozen plan itself, as it will be read back, and the digest of the way back', () => {
    const plans = { delivery: { steps: [1], testers: undefined }, recovery: { steps: [2] } };
    const workload = { container: 'odoo', image: 'r/odoo:19', podTemplate: digestOf('template') };
    const record = releaseRecordOf(decision({ ...PRODUCTION, workload }), { ...AROUND, plans });
    expect(record.delivery).toEqual({
      strategy: 'canary',
      frozen: { steps: [1] },
      plan: digestOf('{"steps":[1]}'),
      podTemplate: workload.podTemplate,
      watchMs: 7_200_000,
    });
    expect(record.recovery.plan).toBe(digestOf('{"steps":[2]}'));
    expect(releaseRecordSchema.safeParse(record).error?.issues ?? []).toEqual([]);
  });

  describe('and the data', () => {
    const units = [{ units: ['*'], oldOnNew: 'yes', newOnOld: 'yes', modulesToUpdate: ['stock', 'sale'] }];
    const facts = { units, assets: null, from: RUNNING, to: digestOf('1') };
    const looked = (changed = {}) => {
      const one = decision();
      one.answers.push(answer('migration-readiness', { ...facts, ...changed }));
      return releaseRecordOf(one, AROUND);
    };

    it('is what the gate saw in the two images that are exchanged', () => {
      expect(looked().data).toEqual({ units, assets: null });
      expect(looked({ from: digestOf('other') }).data).toBe(null);
      expect(looked({ to: digestOf('other') }).data).toBe(null);
    });

    it('closes the way back by code alone where a module would be updated', () => {
      const { open, closed } = looked().recovery;
      expect(open).toEqual([]);
      expect(closed[0]).toMatchObject({ act: 'rollback', why: expect.stringContaining('sale, stock') });
    });
  });

  it('is not made of a no-go, nor without an observation of production', () => {
    expect(() => releaseRecordOf({ ...decision(), outcome: 'no-go' }, AROUND)).toThrow(RecordError);
    expect(() => releaseRecordOf(decision(null), AROUND)).toThrow('Run observe-production');
  });

  it('fits the schema that is signed', () => {
    const record = releaseRecordOf(decision(PRODUCTION, [accepted('2026-11-27T09:00:00+01:00')]), AROUND);
    const read = releaseRecordSchema.safeParse(record);
    expect(read.error?.issues ?? []).toEqual([]);
  });
});

function gate(name: string) {
  return {
    gate: name,
    outcome: 'pass',
    required: true,
    document: digestOf(name),
    observedAt: '2026-11-27T04:55:00.000Z',
    validUntil: '2026-11-27T06:00:00.000Z',
  };
}
