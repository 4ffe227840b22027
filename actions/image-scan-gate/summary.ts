import { plain, table } from '@tillgate/action-kit';
import { type Assessed, fixFirst, type ScanSeen, worstFirst } from '@tillgate/image-scan';

/** Rows of a table at most: the first of what weighs most. */
const ROWS = 30;
const UPGRADES = 10;

/** What the scan found, for people: counts, a chart, what to upgrade first, what is new, what was accepted. */
export function summaryOf(seen: ScanSeen): string {
  const { vulnerabilities, platforms, baseline, base } = seen;
  const fresh = vulnerabilities.filter(({ state }) => state === 'new');
  const accepted = vulnerabilities.filter(({ accepted: by }) => by);
  const systems = platforms.map(
    ({ platform, os, packages }) =>
      `${platform}: ${os ? `${os.family} ${os.name}${os.endOfLife ? ' (no longer supported)' : ''}` : 'no operating system'}, ${packages} packages`,
  );
  const counts = table(
    ['new', 'fixed', 'unchanged', 'accepted', 'compared with'],
    [
      [
        String(fresh.length),
        String(platforms.reduce((sum, { fixed }) => sum + fixed, 0)),
        String(vulnerabilities.length - fresh.length),
        String(accepted.length),
        baseline.map((digest) => `\`${digest.slice(0, 19)}…\``).join(', ') ||
          'nothing: no digest of production was given',
      ],
    ],
  );
  return [
    counts,
    chart(vulnerabilities),
    section('Upgrade first', upgrades(vulnerabilities)),
    section('New', newOnes(fresh)),
    section('Accepted, and by whom', acceptances(accepted)),
    `Scanned: ${plain(systems.join('; '))}.${base ? ` Base image: ${plain(base.name)}.` : ''}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function section(title: string, content: string): string {
  return content === '' ? '' : `#### ${title}\n\n${content}`;
}

/** A bar a severity; the table above it says the same for those whose viewer draws no charts. */
function chart(vulnerabilities: readonly Assessed[]): string {
  const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'] as const;
  const count = (state: Assessed['state']) =>
    severities.map(
      (severity) =>
        vulnerabilities.filter((one) => one.state === state && one.vulnerability.severity === severity).length,
    );
  if (vulnerabilities.length === 0) return '';
  return [
    '```mermaid',
    'xychart-beta',
    '  title "Vulnerabilities: new (bars) and already in production (line)"',
    `  x-axis [${severities.join(', ')}]`,
    `  bar [${count('new').join(', ')}]`,
    `  line [${count('unchanged').join(', ')}]`,
    '```',
  ].join('\n');
}

function upgrades(vulnerabilities: readonly Assessed[]): string {
  const all = fixFirst(vulnerabilities);
  const rows = all
    .slice(0, UPGRADES)
    .map(({ packageName, installed, fixed, clears, exploited, worst }) => [
      plain(packageName),
      plain(installed),
      plain(fixed.join(', '), 120),
      String(clears),
      String(exploited),
      worst,
    ]);
  const shown = table(['package', 'from', 'to', 'clears', 'of them exploited', 'worst'], rows);
  return withRest(shown, all.length - UPGRADES, 'more upgrades weigh less');
}

function newOnes(fresh: readonly Assessed[]): string {
  const rows = worstFirst(fresh)
    .slice(0, ROWS)
    .map(({ vulnerability: { id, severity, packageName, installed, fixed, title }, exploited }) => [
      severity,
      `${plain(id, 60)}${exploited ? ' **exploited**' : ''}`,
      plain(packageName, 80),
      plain(installed, 60),
      plain(fixed || 'none', 60),
      plain(title, 120),
    ]);
  const shown = table(['severity', 'vulnerability', 'package', 'installed', 'fixed in', 'what'], rows);
  return withRest(shown, fresh.length - ROWS, 'more, none worse');
}

function acceptances(accepted: readonly Assessed[]): string {
  const rows = worstFirst(accepted)
    .slice(0, ROWS)
    .map(({ vulnerability: { id, packageName }, accepted: by }) => [
      plain(id, 60),
      plain(packageName, 80),
      plain(`${by?.by} ${by?.id}`, 120),
      by?.expires ?? '',
    ]);
  const shown = table(['vulnerability', 'package', 'by', 'until'], rows);
  return withRest(shown, accepted.length - ROWS, 'more, none worse');
}

function withRest(shown: string, rest: number, what: string): string {
  return rest > 0 ? `${shown}\n\n${rest} ${what}.` : shown;
}
