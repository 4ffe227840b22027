import type { Rule } from '@tillgate/release';
import type { ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const [known] = exampleScan().platforms;
const { os: _, ...bare } = known as NonNullable<typeof known>;

export const nothingRecognised: Rule<ScanSeen> = {
  id: 'scan/nothing-recognised',
  meaning: 'The scanner recognised neither an operating system nor a package in the image.',
  why: 'No finding then means that nothing was looked at, not that nothing is wrong.',
  remedy:
    'Keep the package database in the image (/var/lib/dpkg/status, dist-info folders), or sign a report made from the build.',
  bad: [
    {
      title: 'an image that the scanner cannot read',
      seen: exampleScan({ platforms: [{ ...bare, packages: 0 }] }),
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'a Debian image', seen: exampleScan() },
    { title: 'no operating system, but packages', seen: exampleScan({ platforms: [{ ...bare, packages: 3 }] }) },
  ],
  judge(seen) {
    return seen.platforms
      .filter(({ os, packages }) => !os && packages === 0)
      .map(({ platform }) => ({
        rule: this.id,
        key: platform,
        severity: 'unknown' as const,
        message: `Neither an operating system nor a package was recognised in the image for ${platform}.`,
        remedy: this.remedy,
        ...(seen.platforms.length > 1 && { unit: platform }),
      }));
  },
};
