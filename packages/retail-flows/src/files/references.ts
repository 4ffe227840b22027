/** A value as YAML or JSON holds it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Raised for a reference to something that is not there. */
class ReferenceFault extends Error {
  override readonly name = 'ReferenceFault';
}

const REFERENCE = /\$\{([A-Za-z0-9_.-]{1,200})\}/g;

/**
 * A value with its references filled in. A text that is nothing but `${order.amount}` becomes the value itself;
 * within a longer text it becomes text. Names lead into members and, by number, into lists.
 *
 * @throws ReferenceFault
 */
export function filled(value: Json, known: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') return text(value, known);
  if (Array.isArray(value)) return value.map((each: Json) => filled(each, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, known)]));
}

function text(value: string, known: ReadonlyMap<string, unknown>): unknown {
  const [only] = value.matchAll(REFERENCE);
  if (only && only[0] === value) return found(only[1] as string, known);
  return value.replace(REFERENCE, (_, path: string) => String(found(path, known)));
}

function found(path: string, known: ReadonlyMap<string, unknown>): unknown {
  const [name = '', ...members] = path.split('.');
  if (!known.has(name)) {
    throw new ReferenceFault(
      `\${${path}}: nothing is called "${name}" here; there are ${[...known.keys()].join(', ')}`,
    );
  }
  let value = known.get(name);
  for (const member of members) {
    // Lists have a length of their own, as programs know it.
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, member);
    if (!inside) throw new ReferenceFault(`\${${path}}: there is no "${member}" in it`);
    value = (value as Record<string, unknown>)[member];
  }
  return value;
}
