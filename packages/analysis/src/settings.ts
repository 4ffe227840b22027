import { parseDuration } from '@tillgate/release';
import type { Reading, VersionsQuery } from './fold/reading.ts';
import { checkTiming, TIMING, type Timing } from './fold/windows.ts';
import { type AnalysisPlan, checkPlan, type Metric, PlanError } from './plan.ts';

/** What tells both versions apart: a label, and its value on each. */
export interface VersionsSetting {
  label: string;
  candidate: string;
  stable: string;
}

/** One metric as people set it. */
export interface MetricSetting {
  name: string;
  query: string;
  unit: string;
  bad: string;
  versions?: VersionsSetting | undefined;
  tenant?: string | undefined;
  endpoint?: string | undefined;
  /** Labels that part what warms up; without it nothing is left out. */
  warmUp?: readonly string[] | undefined;
  share?: { label: string; bad: string; of?: string | undefined } | undefined;
  slowerThan?: readonly number[] | undefined;
  level?: { above?: number | undefined; below?: number | undefined } | undefined;
  tolerated: number;
  atMost?: number | undefined;
  worse: 'higher' | 'lower';
  pass?: { below: number; slowerThan?: number | undefined } | undefined;
  floor?: { share: number; of: number } | undefined;
  weight: number;
}

/** Counters of each version that are no metric: nothing of them is bad. */
interface CountersSetting {
  query: string;
  versions?: VersionsSetting | undefined;
}

/** How a release is to be watched, as people set it: the section `analysis` of a policy has this shape. Durations as text. */
export interface AnalysisSettings {
  alpha: number;
  beta: number;
  window: string;
  settle: string;
  patience: string;
  lookback: string;
  warmUp: string;
  ignore: readonly string[];
  minimum: { time: string; tenants: number; sessions: number };
  versions: VersionsSetting;
  sessions?: CountersSetting | undefined;
  jobs?: CountersSetting | undefined;
  metrics: readonly MetricSetting[];
  dispersion: { assumed: number; measured: Readonly<Record<string, number>> };
}

/** What stands for `$candidate`, `$stable`, `$environment` and other words of a query: values of labels. */
export type Words = Readonly<Record<string, string>>;

/** Settings made ready for one release: what `fold` and `decide` take, and what `readWindows` reads. */
export interface Analysis {
  plan: AnalysisPlan;
  readings: Reading[];
  /** How often each version looked for scheduled jobs; null: nothing counts it. */
  jobs: VersionsQuery | null;
  timing: Timing;
}

/**
 * Makes settings ready for one release.
 *
 * @param words at least what the settings name, as a rule `candidate`, `stable` and `environment`
 * @param countSessions whether somebody else needs sessions to be counted, although no minimum of the settings does
 * @throws PlanError settings that make no sense together, a word that nobody gave
 */
export function analysisOf(settings: AnalysisSettings, words: Words, countSessions = false): Analysis {
  if (countSessions && !settings.sessions)
    throw new PlanError(
      'Sessions are to be counted, but the policy says no query that counts them. Write analysis.sessions.',
    );
  return prepare(
    settings,
    (query) => fill(query, words),
    ({ label, candidate, stable }) => {
      const arm = { label, candidate: fill(candidate, words), stable: fill(stable, words) };
      if (arm.candidate === arm.stable) {
        throw new PlanError(
          `Candidate and stable are both "${arm.candidate}": a version cannot be compared with itself.`,
        );
      }
      return arm;
    },
    countSessions,
  );
}

/** Any value, as a regular expression: what `$candidate` and `$stable` are in a past of many versions. */
const ANY = '.+';

/**
 * Makes settings ready for a look at the past, whatever versions ran then: `$candidate` and `$stable` stand for any value,
 * unless they are given, and no reading tells versions apart yet.
 *
 * @throws PlanError as `analysisOf`
 */
export function analysisOfPast(settings: AnalysisSettings, words: Words): Analysis {
  const [given, open] = [new Set(Object.keys(words)), ['candidate', 'stable']];
  const query = (text: string) =>
    fill(
      open
        .filter((word) => !given.has(word))
        .reduce((all, word) => all.replaceAll(new RegExp(`\\$${word}\\b`, 'g'), ANY), text),
      words,
    );
  return prepare(settings, query, () => ({ label: '', candidate: 'candidate', stable: 'stable' }));
}

function prepare(
  settings: AnalysisSettings,
  query: (text: string) => string,
  arm: (versions: VersionsSetting) => Reading['arm'],
  countSessions = false,
): Analysis {
  const { alpha, beta, minimum, dispersion, sessions, jobs, ignore } = settings;
  const plan: AnalysisPlan = {
    metrics: settings.metrics.map((metric) => metricOf(metric, dispersion)),
    alpha,
    beta,
    minimum: { seconds: parseDuration(minimum.time) / 1000, tenants: minimum.tenants, sessions: minimum.sessions },
  };
  checkPlan(plan);
  const unknown = Object.keys(dispersion.measured).find((name) => !plan.metrics.some((metric) => metric.name === name));
  if (unknown !== undefined) throw new PlanError(`dispersion.measured names "${unknown}", which is no metric.`);
  const [timing, warmUp] = [timingOf(settings), parseDuration(settings.warmUp)];
  const versionsOf = (own: VersionsSetting | undefined, text: string): VersionsQuery => ({
    query: query(text),
    arm: arm(own ?? settings.versions),
  });
  const common = (own: VersionsSetting | undefined, text: string) => ({
    ...versionsOf(own, text),
    ...(ignore.length > 0 && { ignore }),
  });
  const readings = settings.metrics.map(
    (metric): Reading => ({
      metric: metric.name,
      ...common(metric.versions, metric.query),
      ...(metric.tenant !== undefined && { tenant: metric.tenant }),
      ...(metric.endpoint !== undefined && { endpoint: metric.endpoint }),
      ...(metric.warmUp && warmUp > 0 && { warmUp: { labels: metric.warmUp, lasts: warmUp } }),
      counts: countsOf(metric),
    }),
  );
  // Not read where nothing hangs on it: a shop that only machines call has none.
  if (sessions && (minimum.sessions > 0 || countSessions)) {
    readings.push({ metric: 'sessions', ...common(sessions.versions, sessions.query), counts: { kind: 'sessions' } });
  }
  return { plan, readings, jobs: jobs ? versionsOf(jobs.versions, jobs.query) : null, timing };
}

function metricOf(setting: MetricSetting, { assumed, measured }: AnalysisSettings['dispersion']): Metric {
  const { name, unit, bad, tolerated, atMost, worse, pass, floor, weight, slowerThan } = setting;
  const cut = pass?.slowerThan === undefined ? 0 : (slowerThan ?? []).indexOf(pass.slowerThan);
  if (cut < 0) throw new PlanError(`Metric "${name}": pass names ${pass?.slowerThan} s, which is not in slowerThan.`);
  return {
    name,
    unit,
    bad,
    test: atMost === undefined ? { by: 'comparison', tolerated } : { by: 'limit', share: atMost },
    ...(slowerThan && { cuts: slowerThan.map((bound) => `${bound} s`) }),
    worse,
    phi: Object.hasOwn(measured, name) ? (measured[name] as number) : assumed,
    ...(pass && { pass: { below: pass.below, cut } }),
    ...(floor && { floor: { share: floor.share, total: floor.of } }),
    weight,
  };
}

function countsOf({ name, share, slowerThan, level }: MetricSetting): Reading['counts'] {
  if (share) {
    const { label, bad, of } = share;
    return { kind: 'share', bad: { label, pattern: bad }, ...(of !== undefined && { total: { label, pattern: of } }) };
  }
  if (slowerThan) return { kind: 'buckets', slowerThan };
  if (level) {
    const { above, below } = level;
    return { kind: 'level', ...(above !== undefined && { above }), ...(below !== undefined && { below }) };
  }
  throw new PlanError(`Metric "${name}": it says neither share, slowerThan nor level, so nothing can be counted.`);
}

function timingOf({ window, settle, patience, lookback, warmUp }: AnalysisSettings): Timing {
  const timing: Timing = {
    ...TIMING,
    window: parseDuration(window),
    settle: parseDuration(settle),
    patience: parseDuration(patience),
    lookback: parseDuration(lookback),
  };
  timing.span = Math.max(timing.span, timing.window);
  checkTiming(timing);
  if (timing.lookback < parseDuration(warmUp) + 2 * timing.patience) {
    throw new PlanError('lookback must be at least warmUp and twice patience, or warm-ups could not be recognised.');
  }
  return timing;
}

/** Values that may be written into a query: nothing that ends a string or a matcher. */
const HARMLESS = /^[A-Za-z0-9._:@/-]{1,300}$/;

/** Fills in `$word`. @throws PlanError */
function fill(text: string, words: Words): string {
  return text.replace(/\$([A-Za-z][A-Za-z0-9]*)/g, (_, word: string) => {
    const value = Object.hasOwn(words, word) ? words[word] : undefined;
    if (value === undefined) {
      throw new PlanError(`Nobody says what $${word} is; known are ${Object.keys(words).map((one) => `$${one}`)}.`);
    }
    if (!HARMLESS.test(value)) {
      throw new PlanError(`$${word} is "${value.slice(0, 100)}", which could change the meaning of a query.`);
    }
    return value;
  });
}
