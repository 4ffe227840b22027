/** Does a piece of work as soon as one of a bounded number of slots is free, in the order of asking. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** So many slots. Work that asks for a slot must not ask for another one of the same while it has it. */
export function slotsOf(bound: number): Slots {
  let free = bound;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
