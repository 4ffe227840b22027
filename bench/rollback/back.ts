import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import type { LoadRecord } from '../../packages/testbed/src/traffic/record.ts';

/**
 * What clients saw of a way back. All times are counted from the moment at which its command was entered, in ms; those but
 * the first are when a watch of the benchmark's own heard of it, which is later on a busy machine.
 */
export interface Back {
  /** Until the last client had an answer of the new version. */
  took: number;
  /** Until the command lay where it is looked for: what kubectl itself takes. Undefined where that was not looked at. */
  written: number | undefined;
  /** Until the way back was written down, which is before anything of it is done. Undefined where nobody writes it down. */
  act: number | undefined;
  /** Until the router was told. Undefined where no router has a part in it. */
  told: number | undefined;
  /** Requests that went nowhere on the way. */
  lost: number;
}

/** When something came about, as the clock of this machine had it. */
export interface Moments {
  called: number;
  written?: number | undefined;
  act?: number | undefined;
  told?: number | undefined;
}

/** By the load generator's record alone. */
export function backAfter(record: LoadRecord, to: string, { called, written, act, told }: Moments): Back {
  const after = [...record.rows(called)];
  const ends = after.filter(({ version }) => version === to).map(({ at, latency }) => at + latency);
  const lost = after.filter(({ status, error }) => status !== 200 || error !== '').length;
  const since = (moment: number | undefined) => (moment === undefined ? undefined : moment - called);
  return {
    took: Math.max(called, ...ends) - called,
    written: since(written),
    act: since(act),
    told: since(told),
    lost,
  };
}

/** Waits by a watch of an object until something holds of it, and gives the moment. Whoever awaits it gets its errors. */
export function momentAt<T extends KubeObject>(
  writer: Writer,
  ref: Ref,
  holds: (object: T) => boolean,
): Promise<number> {
  const moment = watchUntil(writer, ref, holds);
  moment.catch(() => undefined);
  return moment;
}

async function watchUntil<T extends KubeObject>(
  writer: Writer,
  ref: Ref,
  holds: (object: T) => boolean,
): Promise<number> {
  const found = new AbortController();
  let moment = 0;
  while (moment === 0) {
    const told = (object: T) => {
      if (moment > 0 || !holds(object)) return;
      moment = Date.now();
      found.abort();
    };
    await writer.watch<T>(ref, told, found.signal);
  }
  return moment;
}
