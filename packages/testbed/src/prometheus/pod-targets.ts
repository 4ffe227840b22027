import type { KubeObject } from '../cluster/api.ts';

/** What is read of a pod. */
export interface ScrapedPod extends KubeObject {
  status?: { podIP?: string; conditions?: { type: string; status: string }[] };
}

/** One element of a file that Prometheus' file_sd_configs reads. */
export interface Target {
  targets: [string];
  labels: Record<string, string>;
}

/** Labels of a pod that its series get, where it has them, and what they are called there. */
const KEPT = { app: 'app', version: 'version', 'tillgate.dev/track': 'track' };

/**
 * Where a pod is scraped, or nothing: it must be ready, not on its way out, and ask for it by the
 * annotations `prometheus.io/scrape: "true"` and `prometheus.io/port`.
 */
export function targetOf({ metadata, status }: ScrapedPod): Target | undefined {
  const { name, namespace = '', annotations = {}, labels = {}, deletionTimestamp } = metadata;
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  const port = annotations['prometheus.io/port'];
  if (!ready || deletionTimestamp || !status?.podIP) return undefined;
  if (annotations['prometheus.io/scrape'] !== 'true' || port === undefined) return undefined;
  const kept = Object.entries(KEPT).flatMap(([label, name]) =>
    labels[label] === undefined ? [] : [[name, labels[label]]],
  );
  return { targets: [`${status.podIP}:${port}`], labels: { pod: name, namespace, ...Object.fromEntries(kept) } };
}
