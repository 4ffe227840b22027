export type { Prometheus, PrometheusOptions, Sample, Scrape } from './prometheus.ts';
export { startPrometheus } from './prometheus.ts';
