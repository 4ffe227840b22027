import type { Rule } from '@tillgate/release';
import { byGravity, cut, type ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const [platform] = exampleScan().platforms;
const withKey = {
  ...(platform as NonNullable<typeof platform>),
  secrets: [
    { rule: 'private-key', title: 'Asymmetric Private Key', severity: 'HIGH' as const, place: 'etc/odoo/id_rsa:1' },
  ],
};

export const secretInImage: Rule<ScanSeen> = {
  id: 'scan/secret',
  meaning: 'A file of the image contains what looks like a secret: a private key, a token.',
  why: 'Whoever can pull the image has the secret, in every copy and for good.',
  remedy:
    'Treat the secret as known: withdraw it, take it out of the image (all layers), and hand it over when the shop runs.',
  bad: [{ title: 'a private key', seen: exampleScan({ platforms: [withKey] }), severity: 'fail' }],
  good: [{ title: 'nothing found', seen: exampleScan() }],
  judge(seen) {
    const { severities } = seen.demands;
    const found = seen.platforms.flatMap(({ secrets, platform }) =>
      secrets.map((secret) => {
        const severity = severities.includes(secret.severity) ? ('fail' as const) : ('warn' as const);
        return { secret, platform, severity };
      }),
    );
    return cut(byGravity(found), ({ secret: { rule, title, place }, platform: unit, severity }) => ({
      rule: this.id,
      key: `${rule} ${place}`,
      severity,
      message: `${title || rule} lies in ${place}.`,
      place,
      remedy: this.remedy,
      ...(seen.platforms.length > 1 && { unit }),
    }));
  },
};
