import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { need } from '@tillgate/testbed';
import { type Entry, makeShopImage, shopPackages } from '@tillgate/testbed/registry';
import fc from 'fast-check';
import { oneLayout, openWorkbench, type Workbench } from './real-scan.test-kit.ts';

const tools = await need('trivy', 'fixture-db');

/** What can be in an image, each with the vulnerabilities that published facts say it has (see fixtures/). */
const PARTS = {
  libwebp7: { older: '1.2.4-0.1', old: '1.2.4-0.2', repaired: '1.2.4-0.2+deb12u1', has: ['libwebp7 CVE-2023-4863'] },
  libc6: {
    older: '2.36-9+deb12u10',
    old: '2.36-9+deb12u13',
    repaired: '2.36-9+deb12u14',
    has: ['libc6 CVE-2026-4437', 'libc6 CVE-2026-4438'],
  },
  libexpat1: {
    older: '2.5.0-1',
    old: '2.5.0-1+deb12u1',
    repaired: '2.5.0-1+deb12u4',
    has: ['libexpat1 CVE-2026-45186'],
  },
} as const;
const PILLOW = 'Pillow CVE-2023-4863';
const PLACES = ['usr/local/lib/python3.11/dist-packages', 'opt/shop/venv/lib/python3.11/site-packages'];

const build = fc.record({
  vulnerable: fc.subarray(Object.keys(PARTS) as (keyof typeof PARTS)[]),
  /** Which of two vulnerable versions: an upgrade that does not help makes nothing new. */
  which: fc.constantFrom('older' as const, 'old' as const),
  pillow: fc.constantFrom('none', '9.3.0', '9.4.0', '10.0.1'),
  /** Where the Python package lies: a rebuild that moves it makes nothing new. */
  place: fc.constantFrom(...PLACES),
  /** A new base image says another version of the distribution in every package URL. */
  base: fc.constantFrom('12.4+deb12u11', '12.4+deb12u12'),
  version: fc.integer({ min: 1, max: 99 }),
});
type Build = typeof build extends fc.Arbitrary<infer T> ? T : never;

/** What such an image is known to have, from the table above alone. */
const known = ({ vulnerable, pillow }: Build): string[] => [
  ...vulnerable.flatMap((name) => PARTS[name].has),
  ...(pillow.startsWith('9.') ? [PILLOW] : []),
];

(tools ? describe : describe.skip)('keys over rebuilt images', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(tools as NonNullable<typeof tools>);
  });
  afterAll(() => bench?.close());

  let count = 0;
  async function layoutOf({ vulnerable, which, pillow, place, base, version }: Build) {
    count += 1;
    const versions = Object.entries(PARTS).map(([name, part]) => [
      name,
      vulnerable.includes(name as keyof typeof PARTS) ? part[which] : part.repaired,
    ]);
    const files: Entry[] = [{ path: 'opt/shop/BUILD', content: `${count}\n` }];
    if (pillow !== 'none') {
      const content = `Metadata-Version: 2.1\nName: Pillow\nVersion: ${pillow}\n\n`;
      files.push({ path: `${place}/Pillow-${pillow}.dist-info/METADATA`, content });
    }
    const packages = shopPackages({ ...Object.fromEntries(versions), 'base-files': base });
    return makeShopImage({ version: `19.0.${version}`, packages, files, into: join(bench.folder, `build-${count}`) });
  }

  it('say new, fixed and unchanged as the facts do, whatever else a rebuild changes', async () => {
    await fc.assert(
      fc.asyncProperty(build, build, async (before, after) => {
        const [production, candidate] = [await layoutOf(before), await layoutOf(after)];
        const layout = await oneLayout(join(bench.folder, `pair-${count}`), [production, candidate]);
        const { seen } = await bench.scan(`oci:${layout}@${candidate.digest}`, { baseline: [production.digest] });
        const named = (state: 'new' | 'unchanged') =>
          seen.vulnerabilities
            .filter((one) => one.state === state)
            .map(({ vulnerability }) => `${vulnerability.packageName} ${vulnerability.id}`)
            .sort();
        const [had, has] = [known(before), known(after)];
        expect({
          troubles: seen.troubles,
          new: named('new'),
          unchanged: named('unchanged'),
          fixed: seen.platforms[0]?.fixed,
        }).toEqual({
          troubles: [],
          new: has.filter((one) => !had.includes(one)).sort(),
          unchanged: has.filter((one) => had.includes(one)).sort(),
          fixed: had.filter((one) => !has.includes(one)).length,
        });
      }),
      { numRuns: 8 },
    );
  });
});
