import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering } from '../answering.ts';
import type { Bed } from '../bed/bed.ts';
import type { Cluster } from '../cluster/start.ts';
import { component } from '../components/index.ts';
import { backFill } from './back-fill.ts';
import type { PodTargetsOrders } from './pod-targets.process.ts';

/** What is scraped, and the `job` label that it gets. */
export type Scrape =
  | {
      job: string;
      targets: readonly string[];
      path?: string;
      /** Labels of these targets, among them such as a discovery would give (`__meta_kubernetes_…`). */
      labels?: Readonly<Record<string, string>>;
      /** Prometheus' relabel_configs. */
      relabel?: readonly Readonly<Record<string, unknown>>[];
    }
  /** Every ready pod with the annotation `prometheus.io/scrape: "true"`, at its annotation `prometheus.io/port`. */
  | { job: string; pods: { of: Pick<Cluster, 'adminClient'>; namespaces?: readonly string[] } };

export interface PrometheusOptions {
  bed: Bed;
  scrape: readonly Scrape[];
  /** Time between two scrapes of a target. */
  intervalSeconds: number;
  /** Address inside the bed that Prometheus is bound to, at port 9090. */
  host?: string;
  /** What it is to have scraped before: OpenMetrics text with a time on every sample. */
  past?: string;
}

/** One value of a series. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  at: number;
  value: number;
}

/** A running Prometheus. */
export interface Prometheus {
  /** Its address for processes in the bed. */
  readonly inside: string;
  /** Its address for processes outside. */
  readonly outside: string;
  /** What an expression is worth at a time (now, unless told), one sample a series. */
  query(expression: string, at?: number): Promise<Sample[]>;
  /** The samples as they were scraped, within so many seconds before a time. `selector` is a plain one. */
  scraped(selector: string, seconds: number, at?: number): Promise<Sample[]>;
  /** Changes what is scraped. */
  rescrape(scrape: readonly Scrape[]): Promise<void>;
  stop(): Promise<void>;
}

const PORT = 9090;

/** Starts Prometheus in a bed. Ready when it answers queries; what an earlier one in the bed has scraped is still there. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const { bed, host = '10.244.255.11' } = options;
  const program = await component('prometheus');
  const folder = join(bed.folder, 'prometheus');
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'prometheus.yml');
  const followed: string[] = [];
  const write = async (scrape: readonly Scrape[]) => {
    for (const each of scrape) {
      const name = `targets-${each.job}`;
      if (!('pods' in each) || followed.includes(name)) continue;
      followed.push(name);
      await followPods(bed, name, each.pods, podsFile(folder, each.job));
    }
    await writeFile(config, JSON.stringify(configOf(scrape, options.intervalSeconds, folder)));
  };
  await write(options.scrape);
  if (options.past !== undefined) await backFill(program, options.past, folder);
  await bed.start({
    name: 'prometheus',
    file: program.path,
    env: program.env,
    cwd: folder,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${host}:${PORT}`,
      '--web.enable-lifecycle',
      '--log.level=warn',
    ],
  });
  const outside = `http://127.0.0.1:${await bed.open(PORT, host)}`;
  await answering(bed, 'prometheus', async () => (await fetch(`${outside}/-/ready`)).ok);

  const query = async (expression: string, at: number = Date.now()) => {
    const parameters = new URLSearchParams({ query: expression, time: String(at / 1000) });
    const answer = await fetch(`${outside}/api/v1/query?${parameters}`);
    const body = (await answer.json()) as Answer;
    if (body.status !== 'success') throw new Error(`Prometheus refuses ${expression}: ${body.error}`);
    return body.data.result.flatMap(({ metric, value, values }) =>
      (values ?? (value ? [value] : [])).map(([seconds, text]) => ({
        labels: metric,
        at: Math.round(seconds * 1000),
        value: Number(text),
      })),
    );
  };
  return {
    inside: `http://${host}:${PORT}`,
    outside,
    query,
    scraped: (selector, seconds, at) => query(`${selector}[${Math.ceil(seconds)}s]`, at),
    async rescrape(scrape) {
      await write(scrape);
      const answer = await fetch(`${outside}/-/reload`, { method: 'POST' });
      if (!answer.ok) throw new Error(`Prometheus refuses its new configuration: ${await answer.text()}`);
    },
    async stop() {
      for (const name of [...followed, 'prometheus']) await bed.stop(name);
    },
  };
}

/** Prometheus' answer to an instant query, of a vector or a range vector. */
type Answer =
  | { status: 'error'; error: string }
  | {
      status: 'success';
      data: {
        result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
      };
    };

/** Its configuration. JSON is YAML. */
function configOf(scrape: readonly Scrape[], intervalSeconds: number, folder: string): object {
  const timeout = Math.min(intervalSeconds, 10);
  return {
    global: { scrape_interval: `${intervalSeconds * 1000}ms`, scrape_timeout: `${timeout * 1000}ms` },
    scrape_configs: scrape.map((each) =>
      'targets' in each
        ? {
            job_name: each.job,
            metrics_path: each.path ?? '/metrics',
            static_configs: [{ targets: each.targets, labels: each.labels ?? {} }],
            relabel_configs: each.relabel ?? [],
          }
        : { job_name: each.job, file_sd_configs: [{ files: [podsFile(folder, each.job)] }] },
    ),
  };
}

/** The file in which the pods of a job are listed. */
const podsFile = (folder: string, job: string) => join(folder, `pods-${job}.json`);

/** Starts what keeps a list of a cluster's pods. Prometheus sees a change of it at once. */
async function followPods(
  bed: Bed,
  name: string,
  { of, namespaces = [] }: Extract<Scrape, { pods: unknown }>['pods'],
  file: string,
): Promise<void> {
  const tokenFile = `${file}.token`;
  await writeFile(tokenFile, of.adminClient.token, { mode: 0o600 });
  const { inside, certificateAuthority } = of.adminClient;
  const orders = { port: Number(new URL(inside).port), caFile: certificateAuthority, tokenFile, namespaces, file };
  await bed.start({
    name,
    file: process.execPath,
    args: [`${import.meta.dirname}/pod-targets.process.ts`, JSON.stringify(orders satisfies PodTargetsOrders)],
  });
}
