import {
  type AnalysisPlan,
  beginAnalysis,
  fold,
  foldSeries,
  type Reading,
  type Series,
  TIMING,
} from '@tillgate/analysis';
import type { Recording } from './recording.ts';

/** As in the benchmark `detection`. Errors of the shop are independent, so phi is 1. */
const plan: AnalysisPlan = {
  metrics: [{ name: 'errors', unit: 'requests', bad: 'failed', test: { by: 'comparison', tolerated: 1 }, phi: 1 }],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 0, tenants: 0, sessions: 0 },
};
const reading: Reading = {
  metric: 'errors',
  query: 'traefik_service_request_duration_seconds_count',
  arm: { label: 'version', candidate: 'candidate', stable: 'stable' },
  counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
};

/** When our analysis would have failed the release by the same scrapes: seconds since the beginning of the recording, or never. */
export function oursAbortsAt({ candidate, stable, until }: Recording): number | undefined {
  const series = Object.entries({ candidate, stable }).flatMap(([version, { at, good, bad }]) => [
    seriesOf({ version, code: '200' }, at, good),
    seriesOf({ version, code: '500' }, at, bad),
  ]);
  const some = series.filter(({ at }) => at.length > 0);
  const { windows } = foldSeries([{ reading, series: some }], 0, until * 1000, { ...TIMING, span: until * 1000 });
  const at = fold(plan, beginAnalysis(plan, 0), windows).metrics.errors?.failed?.at;
  return at === undefined ? undefined : (at + TIMING.settle) / 1000;
}

function seriesOf(labels: Record<string, string>, at: readonly number[], values: readonly (number | null)[]): Series {
  const there = at.flatMap((time, index) => {
    const value = values[index];
    return value === null || value === undefined ? [] : [{ at: time * 1000, value }];
  });
  return {
    labels: { job: 'traefik', instance: 'traefik', ...labels },
    at: there.map((sample) => sample.at),
    value: there.map((sample) => sample.value),
  };
}
