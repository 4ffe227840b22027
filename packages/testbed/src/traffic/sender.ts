import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { appError, MAX_BODY } from './app-error.ts';
import { Cookies } from './cookies.ts';
import type { RecordWriter } from './record-writer.ts';
import type { Demand, Visit } from './visits.ts';

/** Where requests go and how. */
export interface SenderOptions {
  target: { host: string; port: number };
  /** The response headers that tell an answer's version and pod. */
  headers: { version: string; pod: string };
  /** An answer that takes longer counts as none (to about half a second). */
  timeoutSeconds: number;
  /** At most this many requests are under way at once; what would be more waits, and its latency counts the wait. */
  connections: number;
  /** What arrives while this many wait or are under way is recorded as an error of the sender, not sent. */
  maxOpen: number;
}

/** Sends visits when told, and records what came back. Times are `performance.now()`. */
export class Sender {
  readonly #demand: Demand;
  readonly #options: SenderOptions;
  readonly #record: RecordWriter;
  readonly #pool: Pool;
  readonly #sessions = new Map<number, Cookies>();
  readonly #bodies: (string | undefined)[];
  #open = 0;
  #closed = false;
  #settled: (() => void) | undefined;

  constructor(demand: Demand, options: SenderOptions, record: RecordWriter) {
    this.#demand = demand;
    this.#options = options;
    this.#record = record;
    this.#bodies = demand.requests.map(({ body }) => (body === undefined ? undefined : JSON.stringify(body)));
    this.#pool = new Pool(`http://${options.target.host}:${options.target.port}`, {
      connections: options.connections,
      pipelining: 1,
      headersTimeout: options.timeoutSeconds * 1000,
      bodyTimeout: options.timeoutSeconds * 1000,
      connect: { timeout: options.timeoutSeconds * 1000 },
    });
  }

  /** Sends one request. `intended` is the moment at which the demand wanted it. */
  send(visit: Visit, intended: number): void {
    const sent = performance.now();
    const cookies = this.#cookiesOf(visit);
    const carried = cookies.count;
    const saw = { status: 0, version: '', pod: '' };
    const done = (error: string) =>
      this.#record.add({
        at: performance.timeOrigin + intended,
        latency: performance.now() - intended,
        late: sent - intended,
        session: visit.session,
        tenant: visit.tenant,
        request: visit.request,
        cookies: carried,
        error,
        ...saw,
      });
    if (this.#open >= this.#options.maxOpen) {
      done('sender: too many requests are open');
      return;
    }

    this.#open++;
    const end = (error: string) => {
      done(error);
      if (--this.#open === 0) this.#settled?.();
    };
    let contentType = '';
    const body: Buffer[] = [];
    let length = 0;
    this.#pool.dispatch(
      { ...this.#wire(visit), headers: this.#headers(visit, cookies) },
      {
        onRequestStart() {},
        onResponseStart: (_controller, status, headers) => {
          if (status < 200) return;
          saw.status = status;
          saw.version = text(headers[this.#options.headers.version]);
          saw.pod = text(headers[this.#options.headers.pod]);
          contentType = text(headers['content-type']);
          cookies.take(headers['set-cookie']);
        },
        onResponseData(_controller, chunk) {
          length += chunk.length;
          if (length <= MAX_BODY && contentType.includes('json')) body.push(chunk);
        },
        onResponseEnd: () => {
          // A status that says so is enough; only what claims success is read.
          const whole = saw.status < 400 && length <= MAX_BODY;
          end(whole ? appError(contentType, Buffer.concat(body).toString()) : '');
        },
        onResponseError: (_controller, cause: Error & { code?: string }) => {
          end(this.#closed ? 'sender: the load ended first' : `network: ${cause.code ?? cause.name}`);
        },
      },
    );
  }

  /** Waits until all answers are there, at most so long; then closes all connections. */
  async close(waitMs: number): Promise<void> {
    if (this.#open > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#settled = resolve;
      const timer = setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
    }
    // Whatever is still open ends now, and the record says so.
    this.#closed = true;
    await this.#pool.destroy();
  }

  #wire({ request }: Visit) {
    const { method, path } = this.#demand.requests[request] ?? unknown(request);
    return { method, path, body: this.#bodies[request] ?? null };
  }

  #headers({ tenant, request }: Visit, cookies: Cookies): Record<string, string> {
    const headers: Record<string, string> = { host: this.#demand.tenants[tenant]?.host ?? unknown(tenant) };
    const cookie = cookies.header();
    if (cookie !== undefined) headers.cookie = cookie;
    if (this.#bodies[request] !== undefined) headers['content-type'] = 'application/json';
    return headers;
  }

  #cookiesOf({ session, last }: Visit): Cookies {
    const cookies = this.#sessions.get(session) ?? new Cookies();
    if (last) this.#sessions.delete(session);
    else this.#sessions.set(session, cookies);
    return cookies;
  }
}

function unknown(index: number): never {
  throw new RangeError(`The demand has no element ${index}.`);
}

const text = (header: IncomingHttpHeaders[string]) => (typeof header === 'string' ? header : (header?.[0] ?? ''));
