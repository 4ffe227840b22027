import type { Reading } from './reading.ts';
import { identityOf, type Series } from './series.ts';

/** More series than this are refused: a metric with a label too many (a user, a path) would be folded at great cost. */
export const SERIES_LIMIT = 10_000;

const said = (labels: Readonly<Record<string, string>>) =>
  Object.keys(labels).length === 0
    ? 'without labels'
    : `{${Object.entries(labels)
        .map(([k, v]) => `${k}="${v}"`)
        .join(', ')}}`.slice(0, 300);

/**
 * What keeps the series of a reading from being evidence; undefined where nothing does. A reading with a fault
 * is left out whole: half of it would be a comparison of unlike things.
 */
export function faultOf(reading: Reading, series: readonly Series[]): string | undefined {
  const { arm, tenant, endpoint, warmUp, counts } = reading;
  if (series.length === 0)
    return 'The answer is empty: no series fits. Check the name, the labels and whether the targets are scraped.';
  if (series.length > SERIES_LIMIT) {
    return `${series.length} series came back, at most ${SERIES_LIMIT} are taken. Aggregate away labels that part nothing.`;
  }
  if (series.every(({ labels }) => Object.keys(labels).length === 0)) {
    return 'What came back has no labels, like a constant such as vector(0) or a sum over everything: it says nothing about a version and is no evidence.';
  }
  const armed = series.filter(({ labels }) => [arm.candidate, arm.stable].includes(labels[arm.label] ?? ''));
  if (armed.length === 0) {
    const values = new Set(series.map(({ labels }) => labels[arm.label]));
    const what = values.has(undefined)
      ? `no label "${arm.label}" (was it renamed?)`
      : `${arm.label} is ${[...values].slice(0, 5).join(', ')}`;
    return `None of ${series.length} series belongs to ${arm.candidate} or ${arm.stable}: ${what}; the first is ${said(series[0]?.labels ?? {})}.`;
  }
  const needed = [
    tenant,
    endpoint,
    ...(warmUp?.labels ?? []),
    counts.kind === 'share' ? counts.bad.label : undefined,
    counts.kind === 'buckets' ? 'le' : undefined,
  ];
  for (const label of needed.filter((each) => each !== undefined)) {
    const without = armed.find(({ labels }) => labels[label] === undefined);
    if (without) return `A series has no label "${label}" (was it renamed?): ${said(without.labels)}.`;
  }
  if (counts.kind === 'buckets') {
    const missing = counts.slowerThan.find((cut) => !armed.some(({ labels }) => Number(labels.le) === cut));
    if (missing !== undefined) {
      const there = [...new Set(armed.map(({ labels }) => labels.le))].join(', ');
      return `The histogram has no bucket of ${missing} s; it has ${there}. A share between buckets would be a guess.`;
    }
    if (!armed.some(({ labels }) => labels.le === '+Inf'))
      return 'The bucket le="+Inf" is missing, so the total is not known.';
  }
  return overlap(reading, armed) ?? badValue(reading, armed);
}

/** Two series that would count the same thing twice. */
function overlap({ ignore = [] }: Reading, series: readonly Series[]): string | undefined {
  const seen = new Set<string>();
  for (const { labels, at } of series) {
    const own = identityOf(Object.fromEntries(Object.entries(labels).filter(([label]) => !ignore.includes(label))));
    if (seen.has(own)) return `Two series count the same: ${said(labels)}. Select one replica of Prometheus.`;
    seen.add(own);
    if (at.some((time, i) => i > 0 && time <= (at[i - 1] as number))) {
      return `The samples of ${said(labels)} overlap or go back in time.`;
    }
  }
  return undefined;
}

function badValue({ counts }: Reading, series: readonly Series[]): string | undefined {
  const isLevel = counts.kind === 'level';
  for (const { labels, value } of series) {
    // Thousands of samples at each look: only of one that is wrong it is said whose it is.
    const wrong = value.find((each) => !(isLevel ? Number.isFinite(each) : Number.isInteger(each) && each >= 0));
    if (wrong === undefined) continue;
    const of = `${said(labels)} has the value ${wrong}`;
    if (!Number.isFinite(wrong)) return `${of}, which is no count.`;
    if (wrong < 0) return `${of}: a counter is never negative.`;
    return `${of}: that is no counter. Give the raw counters, not rate() or an average.`;
  }
  return undefined;
}
