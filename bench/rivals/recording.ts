import type { Prometheus, Sample } from '../../packages/testbed/src/prometheus/prometheus.ts';
import type { Counters } from '../detection/success-rate.ts';
import type { Observed } from './observed.ts';
import { type App, type Rival, servicesOf } from './settings.ts';

/** Counters as they were scraped: seconds since the beginning of the recording, and null where a series was not there yet. */
export interface Scrapes {
  at: number[];
  good: (number | null)[];
  bad: (number | null)[];
}

/** What was seen of one controller in one trace; times in seconds since the beginning of the recording. */
export interface Recording {
  rival: Rival;
  trace: string;
  /** End of the recording. */
  until: number;
  candidate: Scrapes;
  stable: Scrapes;
  observed: Observed;
}

/** Reads what Prometheus has of both versions of an app since a time, in seconds since the epoch. */
export async function scrapesOf(
  prometheus: Pick<Prometheus, 'scraped'>,
  app: App,
  since: number,
  until: number,
): Promise<{ candidate: Scrapes; stable: Scrapes }> {
  const of = async (service: string) => {
    const selector = `traefik_service_request_duration_seconds_count{service="${service}"}`;
    return scrapesFrom(await prometheus.scraped(selector, until - since, until * 1000), since);
  };
  const { candidate, stable } = servicesOf(app);
  return { candidate: await of(candidate), stable: await of(stable) };
}

/** Joins the series of all codes: those of 5.. are bad. */
function scrapesFrom(samples: readonly Sample[], since: number): Scrapes {
  const times = [...new Set(samples.map(({ at }) => at))].sort((a, b) => a - b);
  const column = (isBad: boolean) => {
    const own = samples.filter(({ labels }) => (labels.code?.startsWith('5') ?? false) === isBad);
    const sums = new Map<number, number>();
    for (const { at, value } of own) sums.set(at, (sums.get(at) ?? 0) + value);
    return times.map((at) => sums.get(at) ?? null);
  };
  return { at: times.map((at) => round(at / 1000 - since)), good: column(false), bad: column(true) };
}

/** As the simulated rules ask for it. */
export function countersOf({ at, good, bad }: Scrapes): Counters {
  const missing = (values: readonly (number | null)[]) => values.map((value) => value ?? Number.NaN);
  return { at, good: missing(good), bad: missing(bad), lag: 0 };
}

/** The same with times since another moment. */
export function shifted(observed: Observed, by: number): Observed {
  const shift = (at: number) => round(at - by);
  const { begun, checks, weights, abortedAt, promotedAt } = observed;
  return {
    ...(begun !== undefined && { begun: shift(begun) }),
    checks: checks.map((check) => ({ ...check, at: shift(check.at) })),
    weights: weights.map((each) => ({ ...each, at: shift(each.at) })),
    ...(abortedAt !== undefined && { abortedAt: shift(abortedAt) }),
    ...(promotedAt !== undefined && { promotedAt: shift(promotedAt) }),
  };
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
