import type { ScanDemands } from '@tillgate/policy';
import type { Vulnerability } from '../report/report.ts';
import type { Assessed, ScanSeen } from '../seen.ts';

/** CVE-2023-4863 (libwebp, in Pillow until 10.0.1): CVSS 8.8, in CISA's catalogue since 13 September 2023. */
export const WEBP: Vulnerability = {
  key: 'lang-pkgs pkg:pypi/pillow CVE-2023-4863',
  id: 'CVE-2023-4863',
  purl: 'pkg:pypi/pillow',
  packageName: 'Pillow',
  installed: '9.4.0',
  fixed: '10.0.1',
  severity: 'HIGH',
  title: 'libwebp: Heap buffer overflow in WebP Codec',
  path: 'usr/lib/python3/dist-packages/Pillow-9.4.0.dist-info/METADATA',
  published: '2023-09-12T15:15:24.327Z',
};

const DEMANDS: ScanDemands = {
  blocksOn: 'new',
  severities: ['CRITICAL', 'HIGH'],
  warnSeverities: ['MEDIUM', 'UNKNOWN'],
  onlyFixed: false,
  scanners: ['vulnerabilities'],
  waiversAtMost: '90d',
  endOfLife: 'warn',
  signature: 'ignore',
  provenance: 'ignore',
};

/** An assessed vulnerability for the examples of rules: the WebP one, new and not accepted, unless said otherwise. */
export function exampleOf(change: Partial<Assessed> & { of?: Partial<Vulnerability> } = {}): Assessed {
  const { of, ...rest } = change;
  return { vulnerability: { ...WEBP, ...of }, platform: 'linux/amd64', state: 'new', exploited: false, ...rest };
}

/** An observation for the examples of rules: a Debian image without anything to say about it. */
export function exampleScan(
  change: Partial<Omit<ScanSeen, 'demands'>> & { demands?: Partial<ScanDemands> } = {},
): ScanSeen {
  const { demands, ...rest } = change;
  return {
    at: '2026-10-21T12:00:00.000Z',
    image: `sha256:${'a'.repeat(64)}`,
    demands: { ...DEMANDS, ...demands },
    baseline: [`sha256:${'b'.repeat(64)}`],
    platforms: [
      {
        platform: 'linux/amd64',
        os: { family: 'debian', name: '12.15', endOfLife: false },
        packages: 88,
        fixed: 0,
        secrets: [],
        misconfigurations: [],
      },
    ],
    vulnerabilities: [],
    troubles: [],
    idle: [],
    signature: { proven: false, why: 'not asked for' },
    provenance: { proven: false, why: 'not asked for' },
    commitBinding: 'none',
    ...rest,
  };
}
