import { type IncomingMessage, Agent as PlainAgent, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestSecure, Agent as SecureAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { OdooError } from './errors.ts';

/** Answers larger than this are not read to their end. */
const LARGEST = 32 * 2 ** 20;

/** A server that can be asked. */
export interface Server {
  /** Posts JSON and reads the whole answer. @throws OdooError */
  post(path: string, body: unknown, options: PostOptions): Promise<Answer>;
  /** Gets a page and reads it whole. A redirect is returned as it is if it stays here. @throws OdooError */
  get(path: string, options: PostOptions): Promise<Page>;
  close(): void;
}

export interface PostOptions {
  headers?: Readonly<Record<string, string>>;
  signal: AbortSignal;
  /** Milliseconds for the whole exchange. */
  timeoutMs: number;
}

export interface Answer {
  status: number;
  contentType: string;
  text: string;
  /** Values of the `Set-Cookie` headers. */
  cookies: readonly string[];
}

export interface Page extends Answer {
  /** Where a redirect leads on this server: path and query. */
  next?: string;
}

/**
 * Opens a server. TLS is always verified; `ca` (PEM) is believed beside the well-known authorities. No
 * redirect is followed, to whatever host: credentials go where the caller said and nowhere else.
 *
 * @throws OdooError if the address is none
 */
export function openServer(address: string, ca?: string): Server {
  const base = baseOf(address);
  const secure = base.protocol === 'https:';
  const shared = { keepAlive: true, maxSockets: 16 };
  const agent = secure
    ? new SecureAgent({ ...shared, minVersion: 'TLSv1.2', ...(ca && { ca: [...rootCertificates, ca] }) })
    : new PlainAgent(shared);
  const prefix = base.pathname.replace(/\/$/, '');
  const ask = async (method: 'GET' | 'POST', path: string, bytes: Buffer | undefined, options: PostOptions) => {
    const { headers, ...limits } = options;
    const url = new URL(prefix + path, base);
    const wanted: RequestOptions = {
      method,
      agent,
      headers: { ...headers, ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }) },
    };
    const sent = secure ? requestSecure(url, wanted) : requestPlain(url, wanted);
    return { url, answer: await within(limits, path, sent, () => exchange(sent, bytes)) };
  };
  return {
    async post(path, body, options) {
      const { url, answer } = await ask('POST', path, Buffer.from(JSON.stringify(body)), options);
      refuseRedirect(answer, url);
      return answer;
    },
    async get(path, options) {
      const { url, answer } = await ask('GET', path, undefined, options);
      const target = redirectOf(answer, url);
      const stays = target?.origin === url.origin && target.pathname.startsWith(`${prefix}/`);
      if (!target || !stays) refuseRedirect(answer, url);
      return { ...answer, ...(target && { next: target.pathname.slice(prefix.length) + target.search }) };
    },
    close: () => agent.destroy(),
  };
}

function baseOf(address: string): URL {
  const base = URL.canParse(address) ? new URL(address) : undefined;
  if (!base || !['http:', 'https:'].includes(base.protocol) || base.username || base.password || base.search) {
    throw new OdooError(
      'bad-call',
      'The address of the server must look like https://shop.example, without user, password or query.',
      { nothingSent: true },
    );
  }
  return base;
}

type Sent = ReturnType<typeof requestPlain>;

/**
 * Waits for an answer, and ends the request at its deadline or when the caller gives up. One timer and one listener,
 * both gone with the request: signals made for each request (`AbortSignal.any`, `.timeout`) are told of by weak
 * references, and thousands of them a minute make the heap grow to twice its size.
 *
 * @throws OdooError
 */
async function within(
  { signal, timeoutMs }: Omit<PostOptions, 'headers'>,
  path: string,
  sent: Sent,
  work: () => Promise<Located>,
): Promise<Located> {
  let ended: OdooError | undefined;
  const end = (reason: OdooError) => {
    ended = reason;
    sent.destroy(reason);
  };
  const cancel = () => end(new OdooError('cancelled', `${path}: cancelled.`));
  const timer = setTimeout(
    () => end(new OdooError('timeout', `${path}: no answer within ${timeoutMs} ms.`)),
    timeoutMs,
  );
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answer = work();
    if (signal.aborted) cancel();
    return await answer;
  } catch (cause) {
    if (ended) throw ended; // what broke then was broken by this
    throw cause instanceof OdooError ? cause : networkError(path, cause as NodeJS.ErrnoException);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

type Located = Answer & { location?: string };

function exchange(sent: Sent, bytes: Buffer | undefined): Promise<Located> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (incoming) => read(incoming).then(resolve, reject));
    sent.end(bytes);
  });
}

async function read(incoming: IncomingMessage): Promise<Located> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST) {
      incoming.destroy();
      throw new OdooError('too-large', `The answer has more than the ${LARGEST} bytes that are read.`);
    }
    chunks.push(chunk);
  }
  const { location } = incoming.headers;
  return {
    status: incoming.statusCode ?? 0,
    contentType: incoming.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).toString('utf8'),
    cookies: incoming.headers['set-cookie'] ?? [],
    ...(location !== undefined && { location }),
  };
}

function redirectOf({ status, location }: Located, asked: URL): URL | undefined {
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, asked.href)) return undefined;
  return new URL(location, asked);
}

function refuseRedirect(answer: Located, asked: URL): void {
  const { status } = answer;
  if (status < 300 || status > 399) return;
  const target = redirectOf(answer, asked);
  const where = target ? ` to ${target.protocol}//${target.host}${target.pathname}` : '';
  throw new OdooError(
    'not-odoo',
    `${asked.pathname} was answered with a redirect${where}, which is not followed. Give the address at which Odoo itself answers.`,
    { status },
  );
}

/** Errors that come up before anything has left this machine. */
const BEFORE_SENDING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function networkError(path: string, cause: NodeJS.ErrnoException): OdooError {
  const code = cause.code ?? '';
  const untrusted = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME/.test(code);
  const advice = untrusted ? ' If a private authority signs it, give its certificate.' : '';
  return new OdooError('network', `${path}: no connection (${code || cause.message}).${advice}`, {
    cause,
    nothingSent: untrusted || BEFORE_SENDING.has(code),
  });
}
