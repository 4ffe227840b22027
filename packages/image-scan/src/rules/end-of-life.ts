import type { Rule } from '@tillgate/release';
import type { ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const [platform] = exampleScan().platforms;
const old = {
  ...(platform as NonNullable<typeof platform>),
  os: { family: 'debian', name: '10.13', endOfLife: true },
};

export const endOfLife: Rule<ScanSeen> = {
  id: 'scan/end-of-life',
  meaning: 'The operating system of the image gets no security updates any more.',
  why: 'Nobody looks for its vulnerabilities, so that few are found says nothing.',
  remedy: 'Build on a base image whose distribution is supported.',
  bad: [
    { title: 'Debian 10', seen: exampleScan({ platforms: [old] }), severity: 'warn' },
    {
      title: 'Debian 10 where it fails',
      seen: exampleScan({ platforms: [old], demands: { endOfLife: 'fail' } }),
      severity: 'fail',
    },
  ],
  good: [
    { title: 'Debian 12', seen: exampleScan() },
    { title: 'the class does not ask', seen: exampleScan({ platforms: [old], demands: { endOfLife: 'ignore' } }) },
  ],
  judge(seen) {
    const severity = seen.demands.endOfLife;
    if (severity === 'ignore') return [];
    return seen.platforms.flatMap(({ os, platform: unit }) =>
      os?.endOfLife
        ? [
            {
              rule: this.id,
              key: `${os.family} ${os.name}`,
              severity,
              message: `The image is built on ${os.family} ${os.name}, which is no longer supported${seen.base ? ` (base image ${seen.base.name})` : ''}.`,
              remedy: this.remedy,
              ...(seen.platforms.length > 1 && { unit }),
            },
          ]
        : [],
    );
  },
};
