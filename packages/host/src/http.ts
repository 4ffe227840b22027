import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

/** One request; the path is that of the address unless told. */
export interface Asking extends Pick<RequestOptions, 'agent' | 'auth' | 'path' | 'method' | 'headers' | 'signal'> {
  text?: string;
}

/**
 * Sends one request; the answer has begun, and is not read yet. Nothing is followed: a redirect is an answer. By Node's own
 * client, because `fetch` takes 24 MiB of memory with its first call.
 *
 * @throws whatever Node's client does
 */
export function opened(address: URL, { text, ...asking }: Asking): Promise<IncomingMessage> {
  const { protocol, hostname, port, pathname, search } = address;
  const target = {
    path: `${pathname}${search}`,
    ...asking,
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port && { port }),
  };
  return new Promise((resolve, reject) => {
    const sent = (protocol === 'http:' ? httpRequest : httpsRequest)(target, resolve);
    sent.on('error', reject);
    sent.end(text);
  });
}

/** Raised where an answer is larger than whoever asked would read. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** The whole of an answer, as text. @throws AnswerTooLarge beyond so many bytes */
export async function wholeOf(response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw new AnswerTooLarge(`its answer is larger than ${mostBytes >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
