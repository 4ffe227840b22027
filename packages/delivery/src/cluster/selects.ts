import type { Labels, Selector } from './objects.ts';

/** Whether a selector chooses pods of these labels, as Kubernetes does. An empty one chooses all. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const byLabels = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const byExpressions = (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        throw new RangeError(`"${operator}" is no operator of a selector.`);
    }
  });
  return byLabels && byExpressions;
}

/** A selector in the form that the API takes in an address. Expressions included. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const more = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...equal, ...more].join(',');
}

/** What chooses pods, by the name that people know it by. */
export interface Choice {
  name: string;
  selector: Selector;
}

/**
 * Labels for the candidate's pods: chosen by nothing that must not have them (the stable workload, its Services, its
 * disruption budgets), and by all that must (network policies). As few labels as possible differ from stable's.
 *
 * @returns the labels, or as text the objects that contradict each other
 */
export function candidateLabels(
  stable: Labels,
  track: string,
  dodge: readonly Choice[],
  keep: readonly Choice[],
): Labels | string {
  const kept = keep.filter(({ selector }) => selects(selector, stable));
  const needed = new Set(
    kept.flatMap(({ selector }) => [
      ...Object.keys(selector.matchLabels ?? {}),
      ...(selector.matchExpressions ?? []).map(({ key }) => key),
    ]),
  );
  let labels: Record<string, string> = { ...stable, [track]: 'candidate' };
  const catching = () => dodge.filter(({ selector }) => selects(selector, labels));
  for (let caught = catching(); caught.length > 0; caught = catching()) {
    const free = new Map<string, number>();
    for (const { selector } of caught) {
      for (const key of Object.keys(selector.matchLabels ?? {})) {
        if (!needed.has(key) && labels[key] === stable[key]) free.set(key, (free.get(key) ?? 0) + 1);
      }
    }
    const [best] = [...free].sort(([, a], [, b]) => b - a);
    if (!best) break;
    labels = { ...labels, [best[0]]: `${(stable[best[0]] ?? '').slice(0, 52)}-candidate` };
  }
  const [caught] = catching();
  if (caught) {
    const why = kept.length > 0 ? `, and ${kept.map(({ name }) => name).join(', ')} must` : '';
    return `${caught.name} must not choose the candidate's pods${why}, and no label can tell them apart. Give the stable pods the label ${track}: stable, and let ${caught.name} choose by it.`;
  }
  const lost = kept.find(({ selector }) => !selects(selector, labels));
  if (lost)
    return `${lost.name} chooses the stable pods by the label ${track}, so it would not protect the candidate's.`;
  return labels;
}
