import { describe, expect, it } from '@jest/globals';
import { effectivePolicy, loadPolicy } from '@tillgate/policy';
import {
  digestOf,
  encodeReceipt,
  type Finding,
  type GateName,
  subjectOf,
  VERDICT_SCHEMA,
  type Verdict,
} from '@tillgate/release';
import { decide } from './decide.ts';
import { type FoundDocument, gather, type NeededJob } from './gather.ts';

const AT = '2026-11-27T05:00:00.000Z';
const EARLIER = '2026-11-27T04:59:00.000Z';
const LATER = '2026-11-27T06:00:00.000Z';
const IMAGE = { kind: 'image' as const, name: 'shop/odoo', digest: digestOf('1') };
const RELEASE = subjectOf({ commit: 'a'.repeat(40), environment: 'production', artifacts: [IMAGE] });
const GATES = ['observe-production', 'freeze-window-check', 'image-scan-gate'] as const;
const HEAD = 'extends: preset:odoo-retail\nenvironments:\n  production: { timezone: Europe/Berlin, class: standard }\n';
const SCAN = 'image-scan-gate';

const policyOf = (text: string) => effectivePolicy(loadPolicy(Buffer.from(text)), RELEASE, undefined, AT);
const POLICY = policyOf(HEAD);
const found = (severity: Finding['severity'], more: Partial<Finding> = {}): Finding => ({
  rule: 'scan/example',
  key: 'k',
  severity,
  message: 'There is something.',
  remedy: 'Mend it.',
  ...more,
});
const waiver = (expires: string) => ({ by: 'waiver' as const, id: 'W-1', digest: digestOf('w'), expires });

type Change = (verdict: Verdict) => Verdict;
function verdictOf(gate: GateName, policy = POLICY): Verdict {
  return {
    schema: VERDICT_SCHEMA,
    gate,
    subject: RELEASE,
    basis: {
      policy: policy.digest,
      configuration: policy.configuration,
      inputs: digestOf('inputs'),
      class: policy.class,
      mode: 'enforce',
      clock: { source: 'system', offsetMs: 0 },
    },
    outcome: 'pass',
    findings: [],
    coverage: { expected: 1, missing: [] },
    facts: {} as never,
    evidence: [],
    observedAt: EARLIER,
    validUntil: LATER,
    producer: { name: 'tillgate', version: '0.1.0' },
  };
}

interface Scene {
  policy?: typeof POLICY;
  /** What is different in the verdict of the scan. */
  scan?: Change;
  /** What happens to outputs and documents on their way. */
  way?: (outputs: Record<string, string>, documents: FoundDocument[]) => void;
  needs?: (needs: Record<string, NeededJob>) => Record<string, NeededJob>;
}

/** Plays a release through receipts and documents, as the job that decides meets them. */
function play({ policy = POLICY, scan = (verdict) => verdict, way = () => {}, needs = (jobs) => jobs }: Scene) {
  const outputs: Record<string, string> = {};
  const documents: FoundDocument[] = [];
  for (const gate of GATES) {
    const verdict = gate === SCAN ? scan(verdictOf(gate, policy)) : verdictOf(gate, policy);
    const bytes = Buffer.from(JSON.stringify(verdict));
    documents.push({ file: `${gate}.json`, bytes });
    outputs[`${gate}-outcome`] = verdict.outcome;
    outputs[`${gate}-receipt`] = encodeReceipt({
      schema: VERDICT_SCHEMA,
      gate,
      outcome: verdict.outcome,
      release: verdict.subject.release,
      document: digestOf(bytes),
    });
  }
  way(outputs, documents);
  const { gathered, objections } = gather(needs({ checks: { result: 'success', outputs } }), documents);
  return decide(RELEASE, policy, gathered, objections, AT);
}

const change =
  (more: Partial<Verdict>): Change =>
  (verdict) => ({ ...verdict, ...more });
const basis =
  (more: Partial<Verdict['basis']>): Change =>
  (verdict) => ({ ...verdict, basis: { ...verdict.basis, ...more } });
const blind = change({
  outcome: 'inconclusive',
  findings: [found('unknown', { rule: 'frame/could-not-observe' })],
  validUntil: EARLIER,
});
const TOLERANT = policyOf(`${HEAD}classes:\n  standard: { tolerates: [image-scan-gate] }\n`);
const STRICT = policyOf(`${HEAD}classes:\n  standard: { warnings: block }\n`);
const WITHOUT_SCAN = policyOf(`${HEAD}classes:\n  standard: { gates: [observe-production, freeze-window-check] }\n`);
const receiptOf = (outputs: Record<string, string>, to: string) => {
  outputs['image-scan-gate-receipt'] = to;
};

describe('a release goes', () => {
  const goes: [string, Scene][] = [
    ['when every gate passes', {}],
    ['with a warning where the class takes warnings', { scan: change({ outcome: 'warn', findings: [found('warn')] }) }],
    [
      'with a failure that is accepted for now',
      { scan: change({ findings: [found('fail', { accepted: waiver(LATER) })] }) },
    ],
    ['with an inconclusive gate that the class tolerates', { policy: TOLERANT, scan: blind }],
    [
      'whatever a gate reports that the class does not require',
      { policy: WITHOUT_SCAN, scan: (verdict) => basis({ mode: 'report' })(blind(verdict)) },
    ],
    [
      'whatever fails in a report that nobody requires',
      {
        policy: WITHOUT_SCAN,
        scan: (verdict) => basis({ mode: 'report' })({ ...verdict, outcome: 'fail', findings: [found('fail')] }),
      },
    ],
    ['when a later version has added members', { scan: (verdict) => ({ ...verdict, added: 1 }) as Verdict }],
    [
      'with files beside the documents that are no verdicts',
      { way: (_, documents) => documents.push({ file: 'sbom.json', bytes: Buffer.from('{}') }) },
    ],
  ];
  it.each(goes)('%s', (_, scene) => {
    const decision = play(scene);
    expect(decision.objections).toEqual([]);
    expect(decision.outcome).toBe('go');
  });
});

describe('a release does not go', () => {
  const stays: [string, Scene, string, RegExp][] = [
    [
      'without a verdict',
      {
        way: (outputs) => {
          delete outputs['image-scan-gate-receipt'];
          delete outputs['image-scan-gate-outcome'];
        },
      },
      'missing-verdict',
      /requires image-scan-gate/,
    ],
    [
      'when the job was skipped',
      { needs: (jobs) => ({ ...jobs, checks: { result: 'skipped', outputs: {} } }) },
      'missing-verdict',
      /no receipt/,
    ],
    ['when a receipt was dropped', { way: (outputs) => receiptOf(outputs, '') }, 'dropped-receipt', /masked value/],
    [
      'when a gate never got to a verdict',
      {
        way: (outputs) => {
          outputs['image-scan-gate-outcome'] = 'inconclusive';
          receiptOf(outputs, '');
        },
      },
      'no-verdict',
      /before it had a verdict/,
    ],
    ['with a receipt that is none', { way: (outputs) => receiptOf(outputs, 'pass') }, 'unreadable-receipt', /unpacked/],
    [
      "with another gate's receipt",
      { way: (outputs) => receiptOf(outputs, outputs['freeze-window-check-receipt'] ?? '') },
      'mismatch',
      /receipt of freeze-window-check/,
    ],
    [
      'with two receipts of a gate',
      { needs: (jobs) => ({ ...jobs, again: jobs.checks as NeededJob }) },
      'duplicate',
      /second is "again"/,
    ],
    [
      'with a receipt and no document',
      { way: (_, documents) => documents.splice(2, 1) },
      'no-document',
      /no document with its digest/,
    ],
    [
      'with a document changed by one byte',
      { way: (_, documents) => flip(documents, 2) },
      'changed-document',
      /not the ones the receipt names/,
    ],
    [
      'with a truncated document',
      {
        way: (_, documents) => {
          documents[2] = { file: 'x.json', bytes: (documents[2]?.bytes ?? new Uint8Array()).subarray(0, 200) };
        },
      },
      'changed-document',
      /changed, cut or exchanged/,
    ],
    [
      'with a document that its receipt names and that is no verdict',
      { way: (outputs, documents) => swap(outputs, documents, '{"gate": "image-scan-gate"}') },
      'unreadable-document',
      /schema/,
    ],
    [
      'with a document of the next major',
      { scan: change({ schema: 'https://tillgate.dev/verdict/v2' as never }) },
      'unreadable-document',
      /verdict\/v2/,
    ],
    [
      'with a second document of a gate',
      {
        way: (_, documents) =>
          documents.push({
            file: 'other.json',
            bytes: Buffer.from(JSON.stringify({ ...verdictOf(SCAN), evidence: [{ name: 'x' }] })),
          }),
      },
      'duplicate',
      /second verdict/,
    ],
    [
      'with a receipt that says otherwise than its document',
      {
        way: (outputs, documents) =>
          receiptOf(
            outputs,
            encodeReceipt({
              schema: VERDICT_SCHEMA,
              gate: SCAN,
              outcome: 'warn',
              release: RELEASE.release,
              document: digestOf(documents[2]?.bytes ?? ''),
            }),
          ),
      },
      'mismatch',
      /disagree/,
    ],
    [
      'on a verdict about another release',
      {
        scan: change({ subject: subjectOf({ commit: 'b'.repeat(40), environment: 'production', artifacts: [IMAGE] }) }),
      },
      'foreign',
      /of commit bbbb/,
    ],
    [
      'on a verdict about another environment',
      { scan: change({ subject: subjectOf({ commit: 'a'.repeat(40), environment: 'staging', artifacts: [IMAGE] }) }) },
      'foreign',
      /for staging, not production/,
    ],
    [
      'on a verdict about another digest',
      {
        scan: change({
          subject: subjectOf({
            commit: 'a'.repeat(40),
            environment: 'production',
            artifacts: [{ ...IMAGE, digest: digestOf('2') }],
          }),
        }),
      },
      'foreign',
      /other digests/,
    ],
    [
      'on a borrowed release digest',
      { scan: change({ subject: { ...RELEASE, artifacts: [{ ...IMAGE, digest: digestOf('2') }] } }) },
      'foreign',
      /does not have the digest that it claims/,
    ],
    ['under another policy', { scan: basis({ policy: digestOf('other') }) }, 'foreign', /another policy/],
    [
      'for another class',
      { scan: basis({ class: 'routine' }) },
      'foreign',
      /for class routine; this release is standard/,
    ],
    [
      'under another configuration',
      { scan: basis({ configuration: digestOf('other') }) },
      'foreign',
      /another effective configuration/,
    ],
    ['on a report of a gate that is required', { scan: basis({ mode: 'report' }) }, 'unenforced', /mode report/],
    ['on an expired verdict', { scan: change({ validUntil: AT }) }, 'expired', /was valid until/],
    ['on a verdict of the future', { scan: change({ observedAt: LATER }) }, 'mismatch', /in the future/],
    [
      'on a failure',
      { scan: change({ outcome: 'fail', findings: [found('fail')] }) },
      'failed',
      /There is something\./,
    ],
    [
      'on a failure whose acceptance had expired',
      { scan: change({ outcome: 'fail', findings: [found('fail', { accepted: waiver(EARLIER) })] }) },
      'failed',
      /There is something\./,
    ],
    [
      'on a pass whose acceptance has expired since',
      { scan: change({ findings: [found('fail', { accepted: waiver(AT) })] }) },
      'mismatch',
      /says pass, but its findings give fail/,
    ],
    [
      'on a pass that its findings do not give',
      { scan: change({ findings: [found('fail')] }) },
      'mismatch',
      /findings give fail/,
    ],
    [
      'on a pass over nothing',
      { scan: change({ coverage: { expected: 0, missing: [] } }) },
      'mismatch',
      /give inconclusive/,
    ],
    ['on what could not be known', { scan: blind }, 'inconclusive', /could not be known: There is something/],
    [
      'on a missing tenant',
      { scan: change({ outcome: 'inconclusive', coverage: { expected: 2, missing: ['shop-7'] } }) },
      'inconclusive',
      /not judged: shop-7/,
    ],
    [
      'on a failure where only inconclusive is tolerated',
      { policy: TOLERANT, scan: change({ outcome: 'fail', findings: [found('fail')] }) },
      'failed',
      /something/,
    ],
    [
      'on a warning where warnings block',
      { policy: STRICT, scan: change({ outcome: 'warn', findings: [found('warn'), found('warn')] }) },
      'warned',
      /takes no warnings: .* \(and 1 more\)/,
    ],
    [
      'on the failure of a gate that enforces without being required',
      { policy: WITHOUT_SCAN, scan: change({ outcome: 'fail', findings: [found('fail')] }) },
      'failed',
      /something/,
    ],
  ];
  it.each(stays)('%s', (_, scene, code, told) => {
    const { outcome, objections } = play(scene);
    expect(outcome).toBe('no-go');
    const fitting = objections.filter((one) => one.code === code);
    expect(objections.map((one) => one.code)).toContain(code);
    expect(fitting.map(({ message }) => message).join('\n')).toMatch(told);
    expect(objections.every(({ message, remedy }) => message !== '' && remedy !== '')).toBe(true);
  });

  it('with one reason for what could not be known, not with its age as another', () => {
    expect(play({ scan: blind }).objections.map(({ code }) => code)).toEqual(['inconclusive']);
  });

  it('with kinds of change that the class does not let travel', () => {
    const both = subjectOf({
      commit: 'a'.repeat(40),
      environment: 'production',
      artifacts: [IMAGE, { ...IMAGE, kind: 'config' }],
    });
    const { objections } = decide(both, POLICY, [], [], AT);
    expect(objections.find(({ code }) => code === 'change-kinds')?.message).toContain('application and infrastructure');
  });
});

function flip(documents: FoundDocument[], at: number): void {
  const one = documents[at] as FoundDocument;
  const bytes = Buffer.from(one.bytes);
  bytes[bytes.length - 2] = (bytes[bytes.length - 2] as number) ^ 1;
  documents[at] = { ...one, bytes };
}

function swap(outputs: Record<string, string>, documents: FoundDocument[], text: string): void {
  const bytes = Buffer.from(text);
  documents[2] = { file: 'scan.json', bytes };
  receiptOf(
    outputs,
    encodeReceipt({
      schema: VERDICT_SCHEMA,
      gate: SCAN,
      outcome: 'pass',
      release: RELEASE.release,
      document: digestOf(bytes),
    }),
  );
}
