/**
 * Lays a policy over its preset: maps are merged key by key, everything else (lists too) is replaced.
 * Neither argument is changed.
 */
export function merge(below: unknown, above: unknown): unknown {
  if (!isMap(below) || !isMap(above)) return above === undefined ? below : above;
  const merged: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(below), ...Object.keys(above)])) {
    merged.push([
      key,
      merge(Object.hasOwn(below, key) ? below[key] : undefined, Object.hasOwn(above, key) ? above[key] : undefined),
    ]);
  }
  return Object.fromEntries(merged); // own keys only: a key named __proto__ stays a key
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
