import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';

/** Raised when the API server refuses; `status` is the HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Any Kubernetes object, as far as the bed looks at it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    ownerReferences?: { kind: string; name: string }[];
  };
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: T;
}

/** The few calls that the bed itself makes, on one kept connection pool: start-up time and memory are why it is not a full client. */
export class Api {
  readonly #options: { host: string; port: number; ca: string; agent: Agent };
  readonly #token: string;

  constructor(options: { host?: string; port: number; ca: string; token: string }) {
    this.#options = {
      host: options.host ?? '127.0.0.1',
      port: options.port,
      ca: options.ca,
      agent: new Agent({ keepAlive: true, maxSockets: 32 }),
    };
    this.#token = options.token;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>('GET', path);
  }

  post<T extends object>(path: string, body: T): Promise<T> {
    return this.#call<T>('POST', path, body);
  }

  /** Changes an object by a JSON merge patch. */
  patch<T>(path: string, body: object): Promise<T> {
    return this.#call<T>('PATCH', path, body, 'application/merge-patch+json');
  }

  delete(path: string, body?: object): Promise<unknown> {
    return this.#call('DELETE', path, body);
  }

  close(): void {
    this.#options.agent.destroy();
  }

  #headers(type?: string): Record<string, string> {
    return {
      authorization: `Bearer ${this.#token}`,
      accept: 'application/json',
      ...(type && { 'content-type': type }),
    };
  }

  #call<T>(method: string, path: string, body?: object, type = 'application/json'): Promise<T> {
    return new Promise((resolve, reject) => {
      const text = body && JSON.stringify(body);
      // Told explicitly: node:http sends the body of a DELETE without a length otherwise.
      const headers = { ...this.#headers(text && type), 'content-length': Buffer.byteLength(text ?? '') };
      const sent = request({ ...this.#options, method, path, headers }, async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          const answer = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(answer.startsWith('{') ? JSON.parse(answer) : (answer as T));
          else reject(new ApiError(`${method} ${path}: ${status} ${messageIn(answer)}`, status));
        } catch (cause) {
          reject(cause as Error);
        }
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /**
   * Lists a collection and follows its changes for good: `onEvent` first gets an ADDED for every
   * object. After a break it lists again; what was deleted meanwhile is told as DELETED.
   */
  async follow<T extends KubeObject>(
    path: string,
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let known = new Map<string, T>();
    while (!signal.aborted) {
      try {
        const list = await this.get<{ items: T[]; metadata: { resourceVersion: string } }>(path);
        const listed = new Map(list.items.map((item) => [item.metadata.uid as string, item]));
        for (const [uid, gone] of known) if (!listed.has(uid)) onEvent({ type: 'DELETED', object: gone });
        for (const [uid, object] of listed) onEvent({ type: known.has(uid) ? 'MODIFIED' : 'ADDED', object });
        known = listed;
        await this.#watch<T>(path, list.metadata.resourceVersion, signal, (event) => {
          if (event.type === 'DELETED') known.delete(event.object.metadata.uid as string);
          else known.set(event.object.metadata.uid as string, event.object);
          onEvent(event);
        });
      } catch (cause) {
        if (signal.aborted) return;
        console.error(`watch of ${path} broke, listing again: ${(cause as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  #watch<T>(path: string, from: string, signal: AbortSignal, onEvent: (event: WatchEvent<T>) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const full = `${path}${path.includes('?') ? '&' : '?'}watch=true&resourceVersion=${from}`;
      const sent = request({ ...this.#options, path: full, headers: this.#headers(), signal }, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new ApiError(`watch ${path}: ${response.statusCode}`, response.statusCode ?? 0));
          return;
        }
        // An interface repeats the errors of what it reads; the end of the response is what counts here.
        const lines = createInterface(response).on('error', () => {});
        lines.on('line', (line) => {
          const event = JSON.parse(line) as WatchEvent<T> | { type: 'ERROR' };
          if (event.type === 'ERROR') response.destroy();
          else onEvent(event);
        });
        response.on('error', reject).on('close', resolve);
      });
      sent.on('error', reject);
      sent.end();
    });
  }
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 300);
  }
}
