import { distance } from 'fastest-levenshtein';
import type * as z from 'zod';

/** The keys an object schema takes at a path, or none where the path leads to no object. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: z.ZodType | undefined = bare(schema);
  for (const step of path) current = bare(child(current, step));
  const shape = (current?.def as { shape?: Record<string, unknown> } | undefined)?.shape;
  return shape ? Object.keys(shape) : [];
}

/** The known key that a typing error most likely meant: at most a third of its letters away. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, away: distance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.away - b.away);
  const best = ranked[0];
  return best && best.away <= Math.max(1, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

interface Definition {
  innerType?: z.ZodType;
  in?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  options?: z.ZodType[];
}

/** Takes off what only wraps: optional, default, pipe. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  let current = schema;
  for (;;) {
    const { innerType, in: input } = (current?.def ?? {}) as Definition;
    if (!innerType && !input) return current;
    current = innerType ?? input;
  }
}

function child(schema: z.ZodType | undefined, step: PropertyKey): z.ZodType | undefined {
  const { shape, valueType, element, options } = (schema?.def ?? {}) as Definition;
  if (shape) return shape[String(step)];
  if (options) return options.map((option) => child(bare(option), step)).find((found) => found !== undefined);
  return valueType ?? element;
}
