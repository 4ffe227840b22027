import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';
import type { Sha256 } from '@tillgate/release';
import { compare } from '../compare.ts';
import { policyOf } from '../real-scan.test-kit.ts';
import { WEBP } from '../rules/example-scan.ts';
import { assess, idleAcceptances, withoutEmergencies } from './assess.ts';
import { readKnownExploited } from './known-exploited.ts';
import { readOpenVex } from './openvex.ts';
import { waiverBook } from './waivers.ts';

const AT = '2026-11-21T12:00:00.000Z';
const NOW = Date.parse(AT);
const DAY = 86_400_000;
const IMAGE = `sha256:${'a'.repeat(64)}` as Sha256;
const OTHER = `sha256:${'b'.repeat(64)}` as Sha256;
const SCOPE = { environment: 'production', images: [IMAGE], emergency: false };
const WAIVER = {
  id: 'w-1',
  vulnerability: 'CVE-2023-4863',
  package: 'pkg:pypi/pillow',
  environment: 'production',
  reason: 'Images are decoded in a sandbox.',
  owner: 'dana',
  approvedBy: 'kim',
  expires: '2026-12-01T00:00:00Z',
};
const bookOf = (...changes: Record<string, unknown>[]) =>
  waiverBook(policyOf({ waivers: changes.map((change) => ({ ...WAIVER, ...change })) }).waivers, AT, 90 * DAY);
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

describe('a waiver', () => {
  const accepts = (change: Record<string, unknown>, scope = SCOPE, found = WEBP) => {
    const authorities = { waivers: bookOf(change), vex: [], exploited: undefined };
    const [one] = assess(compare([found], []), 'linux/amd64', authorities, scope, AT, new Set());
    return one?.accepted?.id === 'w-1';
  };

  it.each([
    ['for the environment', {}, true],
    ['for another environment', { environment: 'staging' }, false],
    ['for this image', { environment: undefined, image: IMAGE }, true],
    ['for another image', { environment: undefined, image: OTHER }, false],
    ['for this image on the way elsewhere', { environment: 'staging', image: IMAGE }, false],
    ['for this version', { package: 'pkg:pypi/pillow@9.4.0' }, true],
    ['for another version', { package: 'pkg:pypi/pillow@9.3.0' }, false],
    ['for another package', { package: 'pkg:pypi/requests' }, false],
    ['for the same name elsewhere', { package: 'pkg:deb/debian/pillow' }, false],
    ['for another vulnerability', { vulnerability: 'CVE-2023-4864' }, false],
    ['that has expired', { expires: '2026-11-21T12:00:00Z' }, false],
    ['that ends later than the class allows', { expires: '2027-03-01T00:00:00Z' }, false],
    ['for emergencies, in an ordinary release', { onlyFor: 'emergency' }, false],
  ])('%s', (_, change, expected) => {
    expect(accepts(change)).toBe(expected);
  });

  it('for emergencies counts in an emergency', () => {
    expect(accepts({ onlyFor: 'emergency' }, { ...SCOPE, emergency: true })).toBe(true);
  });

  it('names no package whose purl cannot be read', () => {
    expect(accepts({}, SCOPE, { ...WEBP, purl: '' })).toBe(false);
  });

  it('gives another digest when it is edited', () => {
    const digestOfWaiver = (change: Record<string, unknown>) => {
      const authorities = { waivers: bookOf(change), vex: [], exploited: undefined };
      return assess(compare([WEBP], []), '', authorities, SCOPE, AT, new Set())[0]?.accepted?.digest;
    };
    expect(digestOfWaiver({})).not.toBe(digestOfWaiver({ reason: 'Nobody uploads images any more.' }));
  });

  it.each([
    ['approved by its owner', { approvedBy: 'dana' }, 'nobody approves his own waiver'],
    ['approved by its owner in capitals', { approvedBy: ' DANA ' }, 'nobody approves his own waiver'],
    ['without owner', { owner: '' }, 'owner'],
    ['with a reason of a word', { reason: 'because' }, 'reason'],
    ['for everything', { environment: undefined }, 'not for everything'],
    ['for all packages', { package: 'pkg:pypi/*' }, 'package URL'],
    ['for a package with qualifiers', { package: 'pkg:deb/debian/libc6?arch=amd64' }, 'package URL'],
    ['for all vulnerabilities', { vulnerability: 'CVE-*' }, 'id of one vulnerability'],
    ['with a typing error in its end', { expires: undefined, expired_at: '2026-12-01T00:00:00Z' }, 'expires'],
    ['with an end that is no time', { expires: '2026-12-01' }, 'RFC 3339'],
  ])('%s makes the policy unusable', (_, change, why) => {
    expect(() => policyOf({ waivers: [{ ...WAIVER, ...change }] })).toThrow(why);
  });

  it.each([
    ['of its end', 'expired_at', /known here: .*expires/, 'expires'],
    ['of its scope', 'enviroment', /mean.*environment/, 'environment'],
  ])(
    'with a typing error in the name %s is refused by line and column, with the name that was meant',
    (_, typed, meant, right) => {
      const lines = Object.entries(WAIVER).map(
        ([key, value]) => `      ${key === right ? typed : key}: ${JSON.stringify(value)}`,
      );
      const policy = `extends: preset:odoo-retail\nenvironments: { production: { timezone: UTC } }\nimageScan:\n  waivers:\n    -\n${lines.join('\n')}\n`;
      const line = 6 + lines.findIndex((each) => each.includes(typed));
      let message = '';
      try {
        loadPolicy(Buffer.from(policy), 'release-policy.yml');
      } catch (thrown) {
        message = (thrown as Error).message;
      }
      expect(message).toContain(`line ${line}, column 7`);
      expect(message).toContain(typed);
      expect(message).toMatch(meant);
    },
  );

  it('whose id is used twice makes the policy unusable', () => {
    expect(() => policyOf({ waivers: [WAIVER, WAIVER] })).toThrow('used twice');
  });

  it('that changes nothing is told, with the reason', () => {
    const book = bookOf(
      { id: 'old', expires: '2026-11-01T00:00:00Z' },
      { id: 'long', expires: '2028-01-01T00:00:00Z' },
      { id: 'idle', vulnerability: 'CVE-2020-0001' },
      { id: 'elsewhere', environment: 'staging' },
      { id: 'other-image', image: OTHER },
      { id: 'emergency', onlyFor: 'emergency' },
    );
    const idle = idleAcceptances({ waivers: book, vex: [], exploited: undefined }, SCOPE, AT, new Set());
    expect(idle.map(({ id, why }) => [id, why])).toEqual([
      ['old', 'expired'],
      ['long', 'ends-too-late'],
      ['idle', 'unmatched'],
    ]);
  });

  it('for emergencies takes what it let through out of the baseline, also when it has expired', () => {
    const book = bookOf({ onlyFor: 'emergency', expires: '2026-11-01T00:00:00Z' });
    expect(withoutEmergencies([WEBP], book, SCOPE)).toEqual([]);
    expect(withoutEmergencies([WEBP], bookOf({}), SCOPE)).toEqual([WEBP]);
  });
});

describe('OpenVEX', () => {
  const IMAGE_PURL = `pkg:oci/shop@${encodeURIComponent(IMAGE)}?repository_url=registry.example.org/shop`;
  const document = (...statements: object[]) => ({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': 'https://shop.example.org/vex/1',
    author: 'dana',
    timestamp: '2026-11-01T00:00:00Z',
    version: 1,
    statements,
  });
  const STATEMENT = {
    vulnerability: { name: 'CVE-2023-4863' },
    products: [{ '@id': IMAGE_PURL, subcomponents: [{ '@id': 'pkg:pypi/pillow@9.4.0' }] }],
    status: 'not_affected',
    justification: 'vulnerable_code_not_in_execute_path',
  };
  const acceptance = (change: object, validForMs = 90 * DAY) => {
    const vex = readOpenVex(bytes(document({ ...STATEMENT, ...change })), { now: NOW, validForMs });
    const authorities = { waivers: bookOf(), vex, exploited: undefined };
    return assess(compare([WEBP], []), 'linux/amd64', authorities, SCOPE, AT, new Set())[0]?.accepted;
  };

  it('takes a finding out, by what document and until when', () => {
    expect(acceptance({})).toMatchObject({
      by: 'vex',
      id: 'https://shop.example.org/vex/1',
      expires: '2027-01-30T00:00:00.000Z',
    });
  });

  it.each([
    ['fixed', { status: 'fixed' }, true],
    ['affected', { status: 'affected' }, false],
    ['under investigation', { status: 'under_investigation' }, false],
    ['about another vulnerability', { vulnerability: { name: 'CVE-2020-0001' } }, false],
    ['by an alias', { vulnerability: { name: 'GHSA-j7hp-h8jx-5ppr', aliases: ['CVE-2023-4863'] } }, true],
    ['about the package itself', { products: [{ '@id': 'pkg:pypi/pillow' }] }, true],
    ['about another version', { products: [{ '@id': 'pkg:pypi/pillow@9.3.0' }] }, false],
    ['about the whole image', { products: [{ '@id': IMAGE_PURL }] }, true],
    ['about the image by hash', { products: [{ hashes: { 'sha-256': 'a'.repeat(64) } }] }, true],
    ['about another image', { products: [{ '@id': `pkg:oci/shop@${OTHER}` }] }, false],
    ['about an image without digest', { products: [{ '@id': 'pkg:oci/shop?tag=19.0' }] }, false],
    ['about nothing', { products: [] }, false],
  ])('%s', (_, change, expected) => {
    expect(acceptance(change) !== undefined).toBe(expected);
  });

  it('counts no longer than the policy lets it', () => {
    expect(acceptance({}, 10 * DAY)).toBeUndefined();
  });

  it('lets the later statement count', () => {
    const later = { ...STATEMENT, status: 'affected', timestamp: '2026-11-10T00:00:00Z' };
    const statements = (...list: object[]) => readOpenVex(bytes(document(...list)), { now: NOW, validForMs: 90 * DAY });
    expect(statements(STATEMENT, later)).toEqual([]);
    const earlier = { ...later, timestamp: '2026-10-10T00:00:00Z' };
    expect(statements(STATEMENT, earlier)).toHaveLength(1);
    // Of two products the later statement names one: the earlier one is left with the other.
    const [one, another] = [{ '@id': 'pkg:pypi/pillow' }, { '@id': 'pkg:pypi/requests' }];
    const both = { ...STATEMENT, products: [one, another] };
    expect(statements(both, { ...later, products: [one] })).toMatchObject([{ products: [another] }]);
    expect(statements({ ...STATEMENT, products: [one] }, { ...later, products: [another, one] })).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 'no JSON'],
    ['another format', { bomFormat: 'CycloneDX' }, 'no OpenVEX'],
    ['a status that is none', document({ ...STATEMENT, status: 'fine' }), 'status'],
    ['not affected without a reason', document({ ...STATEMENT, justification: undefined }), 'not why'],
    ['no date', { ...document(STATEMENT), timestamp: 'today' }, 'timestamp'],
    [
      'a date that has not come, by which it would count for years',
      document({ ...STATEMENT, timestamp: '2036-11-01T00:00:00Z' }),
      'not come yet',
    ],
    ['an id that no verdict can hold', { ...document(STATEMENT), '@id': 'x'.repeat(3_000) }, '@id'],
  ])('refuses %s', (_, value, why) => {
    expect(() => readOpenVex(bytes(value), { now: NOW, validForMs: DAY })).toThrow(why);
  });
});

describe('the catalogue of known exploited vulnerabilities', () => {
  const entry = { cveID: 'CVE-2023-4863' };
  it('is read', () => {
    const { ids, released } = readKnownExploited(
      bytes({ dateReleased: '2026-11-20T15:00:00.0000Z', count: 1, vulnerabilities: [entry] }),
      NOW,
    );
    expect([ids.has('CVE-2023-4863'), released]).toEqual([true, '2026-11-20T15:00:00.000Z']);
  });

  it.each([
    ['no JSON', 'x', 'no JSON'],
    ['an empty one', { dateReleased: AT, count: 0, vulnerabilities: [] }, 'count'],
    ['one that was cut', { dateReleased: AT, count: 1_400, vulnerabilities: [entry] }, 'says that it has 1400'],
    [
      'one of a day that has not come, which would never be stale',
      { dateReleased: '2036-11-20T15:00:00Z', count: 1, vulnerabilities: [entry] },
      'not come yet',
    ],
    ['one without a date', { count: 1, vulnerabilities: [entry] }, 'dateReleased'],
  ])('refuses %s', (_, value, why) => {
    expect(() => readKnownExploited(bytes(value), NOW)).toThrow(why);
  });
});
