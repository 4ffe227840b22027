export { PrometheusError } from './answer.ts';
export { type PrometheusClient, type PrometheusOptions, prometheusClient } from './client.ts';
export { readPast } from './read-past.ts';
export { readWindows, SKEW_LIMIT, type WindowsRead } from './read-windows.ts';
