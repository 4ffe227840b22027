import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from './sha256.ts';
import { subjectOf } from './subject.ts';
import { VERDICT_SCHEMA, type Verdict } from './verdict.ts';
import { DOCUMENT_LIMIT, DocumentError, parseVerdict } from './verdict-schema.ts';

const VERDICT: Verdict<'image-scan-gate'> = {
  schema: VERDICT_SCHEMA,
  gate: 'image-scan-gate',
  subject: subjectOf({
    commit: 'a'.repeat(40),
    environment: 'production',
    artifacts: [{ kind: 'image', name: 'shop/odoo', digest: digestOf('1') }],
  }),
  basis: {
    policy: digestOf('policy'),
    configuration: digestOf('configuration'),
    inputs: digestOf('inputs'),
    class: 'standard',
    mode: 'enforce',
    clock: { source: 'system', offsetMs: 3 },
  },
  outcome: 'warn',
  findings: [{ rule: 'scan/example', key: 'k', severity: 'warn', message: 'm', remedy: 'r' }],
  coverage: { expected: 1, missing: [] },
  facts: { image: digestOf('1'), baseline: [], new: 0, fixed: 0, unchanged: 0, accepted: 0, commitBinding: 'none' },
  evidence: [],
  observedAt: '2026-11-27T05:00:00.000Z',
  validUntil: '2026-11-27T06:00:00.000Z',
  producer: { name: 'tillgate', version: '0.1.0' },
};
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const with_ = (path: string, value: unknown) => {
  const copy = structuredClone(VERDICT) as unknown as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() as string;
  let at: Record<string, unknown> = copy;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return bytesOf(copy);
};

describe('parseVerdict', () => {
  it('reads what a gate wrote', () => expect(parseVerdict(bytesOf(VERDICT))).toEqual(VERDICT));

  it('keeps members that a later minor version adds, anywhere', () => {
    const later = {
      ...VERDICT,
      added: 1,
      subject: { ...VERDICT.subject, added: 1 },
      findings: VERDICT.findings.map((one) => ({ ...one, added: { deep: true } })),
    };
    expect(parseVerdict(bytesOf(later))).toEqual(later);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /complete JSON/],
    ['half of it', bytesOf(VERDICT).subarray(0, 300), /truncated/],
    ['5 MB', Buffer.alloc(5_000_000, ' '), /5000000 bytes/],
    ['5 MB of a verdict', with_('findings.0.message', 'x'.repeat(5_000_000)), /more than the 4194304/],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /damaged/],
    ['a hundred thousand brackets', Buffer.from('['.repeat(100_000)), /complete JSON/],
    ['null', Buffer.from('null'), /schema undefined/],
    ['the next major', with_('schema', 'https://tillgate.dev/verdict/v2'), /verdict\/v2.*same major/],
    ['an unknown gate', with_('gate', 'coin-toss'), /^The document is no valid verdict: gate/],
    ['an unknown outcome', with_('outcome', 'ok'), /outcome/],
    ['no subject', with_('subject', undefined), /subject/],
    ['no artifacts', with_('subject.artifacts', []), /subject\.artifacts/],
    ['a short commit', with_('subject.commit', 'abc'), /full commit id/],
    ['a digest in capitals', with_('basis.policy', `sha256:${'A'.repeat(64)}`), /basis\.policy/],
    ['a time without offset', with_('validUntil', '2026-11-27T06:00:00'), /RFC 3339/],
    ['a negative number of units', with_('coverage.expected', -1), /coverage\.expected/],
    ['half a unit', with_('coverage.expected', 0.5), /coverage\.expected/],
    ['no coverage', with_('coverage', undefined), /coverage/],
    ['a severity of its own', with_('findings.0.severity', 'meh'), /severity/],
    [
      'an acceptance without end',
      with_('findings.0.accepted', { by: 'waiver', id: 'w', digest: digestOf('w') }),
      /expires/,
    ],
    ['the emergency mode', with_('basis.mode', 'off'), /basis\.mode/],
  ])('refuses %s', (_, bytes, told) => {
    expect(() => parseVerdict(bytes)).toThrow(DocumentError);
    expect(() => parseVerdict(bytes)).toThrow(told);
  });

  it('takes up to its limit and not a byte more', () => {
    const room = DOCUMENT_LIMIT - bytesOf(VERDICT).length;
    const padded = (bytes: number) => Buffer.concat([bytesOf(VERDICT), Buffer.alloc(bytes, ' ')]);
    expect(parseVerdict(padded(room)).gate).toBe('image-scan-gate');
    expect(() => parseVerdict(padded(room + 1))).toThrow(DocumentError);
  });

  it('throws nothing but DocumentError, whatever one byte is changed to', () => {
    const bytes = bytesOf(VERDICT);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, to) => {
        const changed = Buffer.from(bytes);
        changed[at] = to;
        if (changed.equals(bytes)) return;
        expect(digestOf(changed)).not.toBe(digestOf(bytes));
        try {
          parseVerdict(changed);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DocumentError);
        }
      }),
    );
  });
});
