/** The samples of one series as they were scraped, oldest first. */
export interface Series {
  labels: Readonly<Record<string, string>>;
  /** ms since the epoch, rising. */
  at: readonly number[];
  value: readonly number[];
}

/**
 * Where a series was scraped: all of one target are scraped together, so one that is missing while its
 * neighbours were heard did not exist. A series without these labels stands for itself.
 */
export function targetOf({ labels }: Series): string {
  const { job = '', instance = '' } = labels;
  return job + instance === '' ? `series ${identityOf(labels)}` : `${job} ${instance}`;
}

/** The labels as one text, the same for the same labels in any order. */
export function identityOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
