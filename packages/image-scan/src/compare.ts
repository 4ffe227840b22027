import type { Vulnerability } from './report/report.ts';

/** How one image stands against what production runs. */
export interface Comparison {
  new: Vulnerability[];
  unchanged: Vulnerability[];
  /** What production has and the image has not. */
  fixed: Vulnerability[];
}

/**
 * Compares a candidate with the images that production runs.
 *
 * A vulnerability of a package counts once a place. A place that is the same on both sides is the same
 * vulnerability; beyond that only their number counts, so that a package which moved is not new, and a
 * second copy of it is. Where production runs several images (during a rollout), the one with the most
 * places counts.
 *
 * @param candidate sorted by key, as a report gives it; so is each list of `baselines`
 */
export function compare(
  candidate: readonly Vulnerability[],
  baselines: readonly (readonly Vulnerability[])[],
): Comparison {
  const production = new Map<string, { places: Vulnerability[]; most: number }>();
  for (const baseline of baselines) {
    for (const places of groups(baseline)) {
      const key = (places[0] as Vulnerability).key;
      const known = production.get(key);
      production.set(key, {
        places: known ? [...known.places, ...places] : places,
        most: Math.max(known?.most ?? 0, places.length),
      });
    }
  }
  const result: Comparison = { new: [], unchanged: [], fixed: [] };
  for (const places of groups(candidate)) {
    const key = (places[0] as Vulnerability).key;
    const before = production.get(key);
    production.delete(key);
    if (!before) {
      append(result.new, places);
      continue;
    }
    const known = new Set(before.places.map(({ path }) => path));
    const stayed = places.filter(({ path }) => known.has(path));
    const others = places.filter(({ path }) => !known.has(path));
    const moved = Math.max(0, before.most - stayed.length);
    append(result.unchanged, stayed);
    append(result.unchanged, others.slice(0, moved));
    append(result.new, others.slice(moved));
  }
  for (const { places, most } of production.values()) append(result.fixed, places.slice(0, most));
  return result;
}

/** Runs of vulnerabilities with the same key, in their order. */
function* groups(sorted: readonly Vulnerability[]): Generator<Vulnerability[]> {
  let start = 0;
  for (let end = 1; end <= sorted.length; end += 1) {
    if (end < sorted.length && sorted[end]?.key === sorted[start]?.key) continue;
    yield sorted.slice(start, end);
    start = end;
  }
}

/** Adds one by one: a million arguments of one call are more than a stack holds. */
function append(to: Vulnerability[], more: readonly Vulnerability[]): void {
  for (const one of more) to.push(one);
}
