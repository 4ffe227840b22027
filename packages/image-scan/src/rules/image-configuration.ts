import type { ScanDemands, ScanSeverity } from '@tillgate/policy';
import type { Rule } from '@tillgate/release';
import { byGravity, cut, type ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const [platform] = exampleScan().platforms;
const asRoot = {
  ...(platform as NonNullable<typeof platform>),
  misconfigurations: [
    {
      id: 'DS-0002',
      title: 'Image user should not be root',
      severity: 'HIGH' as const,
      message: 'Specify at least 1 USER command in Dockerfile with non-root user as argument',
    },
  ],
};

export const imageConfiguration: Rule<ScanSeen> = {
  id: 'scan/image-configuration',
  meaning: 'The configuration of the image says something it should not, for example that it runs as root.',
  why: 'What the image says is what runs where nobody says otherwise.',
  remedy: 'Change the instruction in the Dockerfile that the message names.',
  bad: [
    { title: 'runs as root', seen: exampleScan({ platforms: [asRoot] }), severity: 'fail' },
    {
      title: 'the same where only CRITICAL blocks and nothing warns',
      seen: exampleScan({ platforms: [asRoot], demands: { severities: ['CRITICAL'], warnSeverities: [] } }),
      severity: 'note',
    },
  ],
  good: [{ title: 'nothing found', seen: exampleScan() }],
  judge(seen) {
    const found = seen.platforms.flatMap(({ misconfigurations, platform }) =>
      misconfigurations.map((one) => ({ one, platform, severity: graveness(one.severity, seen.demands) })),
    );
    return cut(byGravity(found), ({ one: { id, title, message }, platform: unit, severity }) => ({
      rule: this.id,
      key: id,
      severity,
      message: `${id}: ${title}. ${message}`,
      remedy: this.remedy,
      ...(seen.platforms.length > 1 && { unit }),
    }));
  },
};

/** What neither blocks nor warns is still noted: it is little to read. */
function graveness(severity: ScanSeverity, { severities, warnSeverities }: ScanDemands): 'fail' | 'warn' | 'note' {
  if (severities.includes(severity)) return 'fail';
  return warnSeverities.includes(severity) ? 'warn' : 'note';
}
