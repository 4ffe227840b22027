import type { Sha256 } from '@tillgate/release';
import { failed, type LoadRecord } from '../traffic/index.ts';

/** What the people in the shops saw, by their own record and nobody's metrics. */
export interface PeopleSaw {
  requests: number;
  /** Requests that no version answered: refused, lost, or answered by the router in its place. */
  nowhere: number;
  /** Bad ones, whatever answered: no answer, a status of 500 or more, an error in the body. */
  bad: number;
  /** Requests that each version answered. */
  byVersion: Readonly<Record<Sha256, number>>;
  /** What answered the last hundred requests, each version once. */
  last: string[];
}

/** Counts a load's record. */
export function peopleSaw(record: LoadRecord): PeopleSaw {
  const byVersion: Record<string, number> = {};
  let [requests, nowhere, bad] = [0, 0, 0];
  const rows = [...record.rows()];
  for (const row of rows) {
    requests++;
    if (row.version === '') nowhere++;
    else byVersion[row.version] = (byVersion[row.version] ?? 0) + 1;
    if (failed(row)) bad++;
  }
  const last = rows.sort((a, b) => a.at - b.at).slice(-100);
  return { requests, nowhere, bad, byVersion, last: [...new Set(last.map(({ version }) => version))] };
}
