import type { Status } from '../../packages/delivery/src/status.ts';
import type { LoadRecord, Row } from '../../packages/testbed/src/traffic/record.ts';
import type { Measured } from '../benchmark.ts';
import type { LoggedIn } from './logged-in.ts';
import { fewest, type Ready } from './ready.ts';
import type { Seen } from './visitor.ts';

/** Everything that was seen of one release. */
export interface Story {
  /** What the load's clients saw. */
  record: LoadRecord;
  /** What those saw who read pages with their assets. */
  seen: readonly Seen[];
  people: LoggedIn;
  status: Status;
  phase: string;
  ready: readonly Ready[];
  /** Attachments that Odoo wrote while the release went on: bundles made, and made again. */
  attachments: number;
}

const failed = ({ status, error }: { status: number; error: string }) => status === 0 || status >= 400 || error !== '';

const isAsset = ({ request }: Row) => request.startsWith('asset ');

/** Sent elsewhere for what was asked for: Odoo does so that has another version of a bundle than the page named. */
const redirected = (each: Row | Seen) =>
  'elsewhere' in each ? each.elsewhere : each.status >= 300 && each.status < 400;

/** When both versions began to serve: what happens before is told, but it is no word on two versions. */
const sideBySide = ({ history }: Status) => history.find(({ step }) => step === '50 %')?.since ?? 0;

const stepAt = ({ history }: Status, at: number) =>
  history.find(({ since, left }) => at >= since && at < left)?.step ?? 'outside';

/** How long a router may take to hear of a pod. */
const ROUTER_HEARS_MS = 2_000;

/** What failed: of which path, answered by whom, in which step, with how many ready pods. Where to look, if anything did. */
export function failures({ record, seen, status, ready }: Story): Map<string, number> {
  const counted = record.count((row) => {
    if (!failed(row) && !(isAsset(row) && redirected(row))) return 'fine';
    const by = row.pod === '' ? 'the router' : row.pod;
    const pods = (service: string) => fewest(ready, service, row.at - ROUTER_HEARS_MS, row.at + row.latency);
    return `${row.request}: ${row.status} ${row.error} by ${by} in ${stepAt(status, row.at)}, ready pods as few as ${pods('odoo')} of stable, ${pods('odoo-candidate')} of the candidate`;
  });
  for (const each of seen) {
    const wrong = [
      ...(failed(each) ? [`${each.status} ${each.error}`] : []),
      ...(each.elsewhere ? ['sent elsewhere'] : []),
      ...(each.ofOther ? ['of the other version'] : []),
    ];
    const file = each.path.split('/').at(-1);
    const what = `${each.what} ${file} of ${each.version || 'nobody'} in ${stepAt(status, each.at)}: ${wrong.join(', ')}`;
    if (wrong.length > 0) counted.set(what, (counted.get(what) ?? 0) + 1);
  }
  return counted;
}

/** Both versions serve from the first share until the candidate has left. */
export function judged({ record, seen: all, people, status, phase, attachments }: Story): Measured {
  const from = sideBySide(status);
  const rows = [...record.rows(from)];
  const seen = all.filter(({ at }) => at >= from);
  const assets: (Row | Seen)[] = [...rows.filter(isAsset), ...seen.filter(({ what }) => what.startsWith('asset '))];
  const pages = (what: Seen['what'], version: string) =>
    seen.filter((each) => each.what === what && each.version === version).length;
  const figures = {
    requests: rows.length + seen.length,
    pages_of_old: pages('page', 'old'),
    pages_of_new: pages('page', 'new'),
    assets: assets.length,
    asset_404s: assets.filter(({ status }) => status === 404).length,
    assets_sent_elsewhere: assets.filter(redirected).length,
    assets_of_the_other_version: seen.filter(({ ofOther }) => ofOther).length,
    failed_requests: [...rows, ...seen].filter(failed).length,
    failed_before: [...record.rows(0, from), ...all.filter(({ at }) => at < from)].filter(failed).length,
    sessions_logged_in: people.sessions,
    pages_logged_in_of_old: pages('page of somebody logged in', 'old'),
    pages_logged_in_of_new: pages('page of somebody logged in', 'new'),
    sessions_lost: people.lost.length,
    attachments_written: attachments,
    ended: phase,
  };
  const none = [
    'asset_404s',
    'assets_sent_elsewhere',
    'assets_of_the_other_version',
    'failed_requests',
    'sessions_lost',
  ] as const;
  const some = [
    'pages_of_old',
    'pages_of_new',
    'sessions_logged_in',
    'pages_logged_in_of_old',
    'pages_logged_in_of_new',
  ] as const;
  return {
    figures,
    bounds: {
      ...Object.fromEntries(none.map((name) => [name, '0'])),
      ...Object.fromEntries(some.map((name) => [name, '> 0'])),
      ended: 'promoted',
    },
    holds: none.every((name) => figures[name] === 0) && some.every((name) => figures[name] > 0) && phase === 'promoted',
    table: [['what', 'number'], ...Object.entries(figures)],
  };
}
