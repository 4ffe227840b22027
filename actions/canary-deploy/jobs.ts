import { JOBS_PATIENCE_MS, type Looks, NO_LOOKS, type Plan, type Status } from '@tillgate/delivery';

/**
 * What speaks against scheduled jobs running on what everybody has: the candidate ran none, so the watch is the first to see
 * whether the new version can. Undefined: nothing does, nothing counts it, or the watch was too short to tell.
 *
 * @param looks undefined: nothing counts how often jobs are looked for
 */
export async function jobsFault(
  { to, shared }: Plan,
  status: Status,
  looks: Looks | undefined,
): Promise<string | undefined> {
  const watch = status.history.at(-1);
  if (!looks || shared?.connections?.cronThreads === 0 || !watch) return undefined;
  const since = watch.left - JOBS_PATIENCE_MS;
  if (since < (watch.reached ?? watch.left)) return undefined;
  const { looks: seen, unread } = await looks(to, since, watch.left);
  if (seen === null) return `whether scheduled jobs run is not known: ${unread}`;
  if (seen > 0) return undefined;
  return `nothing looked for scheduled jobs in the last ${JOBS_PATIENCE_MS / 1000} s of the watch: ${NO_LOOKS}`;
}
