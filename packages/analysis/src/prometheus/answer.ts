import { z } from 'zod';
import type { Series } from '../fold/series.ts';

/** Prometheus writes values as text, because JSON has no NaN and no infinity. */
const VALUES: Record<string, number> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};
const value = z.string().transform((text, context) => {
  const number = VALUES[text] ?? (text.trim() === '' ? Number.NaN : Number(text));
  if (Number.isNaN(number) && text !== 'NaN') {
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is no value of a sample` });
    return z.NEVER;
  }
  return number;
});
const sample = z.tuple([z.number(), value]);
const labels = z.record(z.string(), z.string());

const data = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric: labels, values: z.array(sample) })) }),
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: sample })) }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: z.tuple([z.number(), z.string()]) }),
]);

const answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data, warnings: z.array(z.string()).optional() }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string().optional() }),
]);

/** Why an answer is no evidence; the message says what came back. */
export class PrometheusError extends Error {
  override readonly name = 'PrometheusError';
}

type Data = z.infer<typeof data>;

/**
 * Reads the body of an answer of Prometheus' HTTP API and insists on the kind that was asked for.
 *
 * @throws PrometheusError a page, half an answer, an error, a warning (results may be partial), another kind
 */
export function parseAnswer<K extends Data['resultType']>(body: string, kind: K): Extract<Data, { resultType: K }> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const page = /^\s*</.test(body) ? 'an HTML page (a proxy, or a login?)' : 'no JSON';
    throw new PrometheusError(`What came back is ${page}: ${oneLine(body)}`);
  }
  const read = answer.safeParse(json);
  if (!read.success) {
    const first = read.error.issues[0];
    throw new PrometheusError(
      `What came back is no answer of Prometheus: ${first?.path.join('.') || 'the whole'}: ${first?.message}.`,
    );
  }
  if (read.data.status === 'error') {
    throw new PrometheusError(
      `Prometheus refuses it: ${oneLine(read.data.error ?? read.data.errorType ?? 'no reason')}`,
    );
  }
  if (read.data.warnings?.length) {
    throw new PrometheusError(`The answer may be partial. Prometheus warns: ${oneLine(read.data.warnings.join('; '))}`);
  }
  if (read.data.data.resultType !== kind) {
    throw new PrometheusError(`A ${read.data.data.resultType} came back where a ${kind} was due.`);
  }
  return read.data.data as Extract<Data, { resultType: K }>;
}

/** A matrix as series: times in ms. */
export function seriesOf({ result }: Extract<Data, { resultType: 'matrix' }>): Series[] {
  return result.map(({ metric, values }) => ({
    labels: metric,
    at: values.map(([seconds]) => Math.round(seconds * 1000)),
    value: values.map(([, number]) => number),
  }));
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 200);
