import { AnswerTooLarge, opened, wholeOf } from '@tillgate/host';
import type { Series } from '../fold/series.ts';
import { PrometheusError, parseAnswer, seriesOf } from './answer.ts';

/** Beyond this, an answer is not read on: 10,000 series of ten minutes take about a quarter of it. */
const BODY_LIMIT = 64 * 2 ** 20;

export interface PrometheusOptions {
  /** Its address, for example `http://prometheus:9090`; a path before `/api/v1` may be part of it. */
  address: string;
  /** Sent with each request, for example an `authorization`. Never logged. */
  headers?: Readonly<Record<string, string>>;
  /** After this long a question is given up. 30 s unless told. */
  timeoutMs?: number;
}

/** The three questions that are asked of Prometheus. All of them throw PrometheusError. */
export interface PrometheusClient {
  /** Its clock, in ms since the epoch. Windows close by it, so that a clock of ours that is wrong closes none too early. */
  now(signal?: AbortSignal): Promise<number>;
  /** Samples of a plain selector as they were scraped, in (`from`, `to`]. */
  scraped(selector: string, from: number, to: number, signal?: AbortSignal): Promise<Series[]>;
  /** What an expression is worth at each `step` in [`from`, `to`]. */
  range(expression: string, from: number, to: number, step: number, signal?: AbortSignal): Promise<Series[]>;
}

/** A client of Prometheus' HTTP API, or of anything that speaks it. */
export function prometheusClient(options: PrometheusOptions): PrometheusClient {
  const ask = (path: string, parameters: Record<string, string>, signal?: AbortSignal) =>
    post(options, path, parameters, signal);
  return {
    async now(signal) {
      const { result } = parseAnswer(await ask('query', { query: 'time()' }, signal), 'scalar');
      return Math.round(result[1] * 1000);
    },
    async scraped(selector, from, to, signal) {
      const query = `${selector}[${Math.round(to - from)}ms]`;
      return seriesOf(parseAnswer(await ask('query', { query, time: String(to / 1000) }, signal), 'matrix'));
    },
    async range(expression, from, to, step, signal) {
      const parameters = { query: expression, start: `${from / 1000}`, end: `${to / 1000}`, step: `${step / 1000}` };
      return seriesOf(parseAnswer(await ask('query_range', parameters, signal), 'matrix'));
    },
  };
}

/** By POST: a query may be longer than what proxies take in an address. */
async function post(
  { address, headers = {}, timeoutMs = 30_000 }: PrometheusOptions,
  path: string,
  parameters: Record<string, string>,
  signal?: AbortSignal,
): Promise<string> {
  const url = `${address.replace(/\/+$/, '')}/api/v1/${path}`;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await opened(new URL(url), {
      method: 'POST',
      headers: { ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      text: new URLSearchParams(parameters).toString(),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const body = await wholeOf(answer, BODY_LIMIT);
    const { statusCode: status = 0 } = answer;
    // To follow it would carry the question, and what it is signed with, elsewhere.
    if (status >= 300 && status < 400) throw new Error(`it sends elsewhere (status ${status})`);
    // A refusal of Prometheus is JSON with a reason; anything else with such a status is not from it.
    if (status >= 400 && !/^\s*\{/.test(body)) {
      throw new PrometheusError(`Status ${status} came back: ${body.replace(/\s+/g, ' ').slice(0, 200)}`);
    }
    return body;
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof PrometheusError) throw cause;
    if (cause instanceof AnswerTooLarge)
      throw new PrometheusError(`The answer is larger than ${BODY_LIMIT >> 20} MiB. Ask for fewer series.`, { cause });
    const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
    throw new PrometheusError(`Prometheus cannot be asked: ${why}. Check its address and whether it runs.`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
