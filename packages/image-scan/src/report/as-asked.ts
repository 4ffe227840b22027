import type { ScanDemands } from '@tillgate/policy';
import type { Misconfiguration, ScanReport } from './report.ts';

/** Trivy's check for an image that runs as root: https://avd.aquasec.com/misconfig/ds-0002 */
const RUNS_AS_ROOT = 'DS-0002';

/** What of a report the class asks for. What it does not ask for is not judged, although the scanner may have looked. */
export function asAsked(report: ScanReport, scanners: ScanDemands['scanners']): ScanReport {
  const { vulnerabilities, secrets, misconfigurations, user } = report;
  return {
    ...report,
    vulnerabilities: scanners.includes('vulnerabilities') ? vulnerabilities : [],
    secrets: scanners.includes('secrets') ? secrets : [],
    misconfigurations: scanners.includes('configuration') ? withRootUser(misconfigurations, user) : [],
  };
}

/**
 * Adds that the image runs as root, where its configuration says so and the scanner does not. Trivy reads it out of
 * the instructions that Docker notes in an image's history, and builders other than Docker note none.
 */
function withRootUser(found: Misconfiguration[], user: string): Misconfiguration[] {
  const [name = ''] = user.split(':');
  const root = ['', '0', 'root'].includes(name);
  if (!root || found.some(({ id }) => id === RUNS_AS_ROOT)) return found;
  return [
    ...found,
    {
      id: 'runs-as-root',
      title: 'The image runs as root',
      severity: 'HIGH',
      message: user === '' ? 'Its configuration names no user.' : `Its configuration names the user ${user}.`,
    },
  ];
}
