import type { LoadRecord } from '../../packages/testbed/src/traffic/record.ts';

/** What clients saw of a way back. */
export interface Back {
  /** From the call until the last client was served by the new version, ms. */
  fromCall: number;
  /** The same from the moment at which traffic was first touched: later than the call where a delivery is taken over first. */
  fromAct: number;
  /** Requests that went nowhere on the way. */
  lost: number;
}

/** By the load generator's record alone. */
export function backAfter(
  record: LoadRecord,
  { to }: { to: string },
  { called, act = called }: { called: number; act?: number },
): Back {
  const after = [...record.rows(called)];
  const last = Math.max(
    called,
    ...after.filter(({ version }) => version === to).map(({ at, latency }) => at + latency),
  );
  const lost = after.filter(({ status, error }) => status !== 200 || error !== '').length;
  return { fromCall: last - called, fromAct: Math.max(0, last - act), lost };
}
