import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

/** One request, and what came back. */
export interface Asking extends Pick<RequestOptions, 'agent' | 'auth' | 'path' | 'method' | 'headers' | 'signal'> {
  text?: string;
}

export interface Exchanged {
  status: number;
  answer: string;
  date: string | undefined;
  retryAfter: string | undefined;
}

/** An answer larger than this is not read on. */
const ANSWER_LIMIT = 32 * 2 ** 20;

/** Sends one request to a server; the answer has begun, and is not read yet. @throws whatever Node's own client does */
export function opened({ protocol, hostname, port }: URL, { text, ...asking }: Asking): Promise<IncomingMessage> {
  const target = { ...asking, protocol, hostname: hostname.replace(/^\[|\]$/g, ''), ...(port && { port }) };
  return new Promise((resolve, reject) => {
    const sent = (protocol === 'http:' ? httpRequest : httpsRequest)(target, resolve);
    sent.on('error', reject);
    sent.end(text);
  });
}

/** Sends one request to a server and reads the whole answer. @throws whatever Node's own client does */
export async function exchange(server: URL, asking: Asking): Promise<Exchanged> {
  const response = await opened(server, asking);
  const answer = await read(response);
  const { date, 'retry-after': retryAfter } = response.headers;
  return { status: response.statusCode ?? 0, answer, date, retryAfter };
}

/** The whole of an answer. @throws Error where it is too large */
export async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_LIMIT) throw new Error(`its answer is larger than ${ANSWER_LIMIT >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
