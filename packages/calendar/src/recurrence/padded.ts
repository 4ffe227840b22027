import { parseDuration } from '@tillgate/release';
import type { Recurrence } from '../wall.ts';

/** The same spells, starting earlier and ending later. */
export function padded(recurrence: Recurrence, pad: { before: string; after: string }): Recurrence {
  const before = parseDuration(pad.before);
  const after = parseDuration(pad.after);
  if (before === 0 && after === 0) return recurrence;
  return (from, to) =>
    recurrence(from - after, to + before).map((spell) => ({ from: spell.from - before, to: spell.to + after }));
}

/** The same spells; the last question is remembered, because every zone asks the same one. */
export function remembered(recurrence: Recurrence): Recurrence {
  let asked = { from: Number.NaN, to: Number.NaN };
  let answer: ReturnType<Recurrence> = [];
  return (from, to) => {
    if (asked.from !== from || asked.to !== to) {
      answer = recurrence(from, to);
      asked = { from, to };
    }
    return answer;
  };
}
