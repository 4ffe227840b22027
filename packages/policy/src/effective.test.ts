import { describe, expect, it } from '@jest/globals';
import { digestOf, FLOOR_CLASSES, type FloorClass, subjectOf } from '@tillgate/release';
import fc from 'fast-check';
import { effectivePolicy } from './effective.ts';
import { loadPolicy, PolicyError } from './load.ts';

const AT = '2026-11-27T05:00:00.000Z';
const RELEASE = subjectOf({
  commit: 'a'.repeat(40),
  environment: 'production',
  artifacts: [{ kind: 'image', name: 'shop/odoo', digest: digestOf('1') }],
});
const BASE = 'extends: preset:odoo-retail\nenvironments:\n  production: { timezone: Europe/Berlin, class: standard }\n';
const load = (text: string) => loadPolicy(Buffer.from(text));
const effective = (text: string, asked?: FloorClass, release = RELEASE, at = AT) =>
  effectivePolicy(load(text), release, asked, at);

interface Declared {
  environment?: string;
  commit?: string | null;
  release?: string;
  requestedBy?: string;
  approvedBy?: string;
  expires?: string;
}
function emergency(changes: Declared = {}): string {
  const declared = {
    id: 'INC-1',
    environment: 'production',
    commit: RELEASE.commit,
    reason: 'Tills cannot print receipts.',
    requestedBy: 'alice',
    approvedBy: 'bob',
    expires: '2026-11-27T09:00:00+01:00',
    reviewDue: '2026-12-04T09:00:00+01:00',
    ...changes,
  };
  const entries = Object.entries(declared).filter(([, value]) => value !== null);
  return `${BASE}emergencies:\n  - ${JSON.stringify(Object.fromEntries(entries))}\n`;
}

describe('the class', () => {
  it('is never looser than the environment or the caller asks', () => {
    const classes = fc.constantFrom(...FLOOR_CLASSES);
    fc.assert(
      fc.property(classes, fc.option(classes, { nil: undefined }), (own, asked) => {
        const { class: chosen } = effective(BASE.replace('class: standard', `class: ${own}`), asked);
        const strictness = (name: string) => ['routine', 'standard', 'high-risk'].indexOf(name);
        expect(strictness(chosen)).toBe(Math.max(strictness(own), strictness(asked ?? 'routine')));
      }),
    );
  });

  it('says why it is what it is', () => {
    expect(effective(BASE).classBecause).toBe('what the environment asks for');
    expect(effective(BASE, 'high-risk').classBecause).toContain('asked for by the caller');
    expect(effective(BASE, 'routine').classBecause).toBe('what the environment asks for');
  });
});

describe('an emergency', () => {
  it.each([
    ['by the commit', {}],
    ['by the release', { commit: null, release: RELEASE.release }],
    ['by both', { release: RELEASE.release }],
  ])('is one when the policy declares it %s', (_, declared) => {
    const found = effective(emergency(declared), 'high-risk');
    expect(found.class).toBe('emergency');
    expect(found.emergency?.id).toBe('INC-1');
    expect(found.classBecause).toContain('INC-1');
  });

  it.each([
    ['another commit', { commit: 'b'.repeat(40) }],
    ['another release', { release: digestOf('other') }],
    ['the right commit in another release', { commit: RELEASE.commit, release: digestOf('other') }],
    ['neither commit nor release', { commit: null }],
    ['another environment', { environment: 'staging' }],
    ['its own approver', { approvedBy: 'alice' }],
    ['its own approver in capitals', { approvedBy: ' Alice' }],
    ['an end that has come', { expires: AT }],
    ['an end long ago', { expires: '2025-01-01T00:00:00Z' }],
  ])('is none with %s', (_, declared) => {
    const found = effective(emergency(declared));
    expect(found.class).toBe('standard');
    expect(found).not.toHaveProperty('emergency');
  });
});

describe('a release', () => {
  it.each(['staging', 'toString', '__proto__', ''])(
    'to the environment "%s" that the policy does not know is refused',
    (environment) => {
      expect(() => effective(BASE, undefined, { ...RELEASE, environment })).toThrow(PolicyError);
    },
  );

  it('requires that somebody has looked at the data where it says how to deliver, whatever the class names', () => {
    const router = '{ by: traefik, traefikService: odoo, ingressRoute: odoo }';
    const delivers = BASE.replace('class: standard', `class: standard, delivery: { router: ${router} }`);
    const gates = (text: string) => effective(text).settings.gates;
    expect(gates(BASE)).not.toContain('migration-readiness');
    expect(gates(delivers)).toEqual([...gates(BASE), 'migration-readiness']);
    const own = `${delivers}classes:\n  standard: { gates: [migration-readiness, image-scan-gate] }\n`;
    expect(gates(own)).toEqual(['migration-readiness', 'image-scan-gate']);
    expect(effective(delivers).configuration).not.toBe(effective(BASE).configuration);
  });

  it('of a class without gates is refused', () => {
    expect(() => effective(BASE.replace('extends: preset:odoo-retail\n', ''))).toThrow('has no gates');
  });
});

describe('the digest of the configuration', () => {
  const reference = effective(BASE).configuration;

  it.each([
    [
      'the order of keys',
      'environments:\n  production: { class: standard, timezone: Europe/Berlin }\nextends: preset:odoo-retail\n',
    ],
    ['comments', `# why\n${BASE}`],
    ['a default written out', BASE.replace('class: standard', 'class: standard, deployDuration: 15m')],
  ])('does not change with %s', (_, text) => {
    expect(effective(text).configuration).toBe(reference);
    expect(effective(text).digest).not.toBe(effective(BASE).digest);
  });

  it.each([
    ['a zone', BASE.replace('Berlin', 'Paris')],
    ['a gate less', `${BASE}classes:\n  standard: { gates: [image-scan-gate] }\n`],
    ['approvals', `${BASE}classes:\n  standard: { approvals: { count: 0 } }\n`],
    ['what is tolerated', `${BASE}classes:\n  standard: { tolerates: [image-scan-gate] }\n`],
    ['a severity', `${BASE}imageScan:\n  classes:\n    standard: { severities: [CRITICAL] }\n`],
    ['a key that is believed', `${BASE}imageScan:\n  kev: { unsigned: true }\n`],
    ['a window', `${BASE}calendar:\n  holidays: ['2026-12-25']\n`],
    ['the watch', `${BASE}classes:\n  standard: { delivery: { watch: 3h } }\n`],
  ])('changes with %s', (_, text) => expect(effective(text).configuration).not.toBe(reference));

  it('changes with the class and with an emergency, and not with anything else of the release', () => {
    expect(effective(BASE, 'high-risk').configuration).not.toBe(reference);
    const text = emergency();
    expect(effective(text).configuration).not.toBe(
      effective(text, undefined, { ...RELEASE, commit: 'b'.repeat(40) }).configuration,
    );
    expect(effective(BASE, undefined, { ...RELEASE, commit: 'b'.repeat(40) }).configuration).toBe(reference);
  });
});
