import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesError, refusal, type StatusBody } from './errors.ts';
import { collectionPath, KINDS, type Kind, type KubeObject, objectPath, type Ref } from './kinds.ts';
import { credentialsOf, readKubeconfig } from './kubeconfig.ts';
import { ServerClock } from './server-clock.ts';

export interface WriterOptions {
  /** Who writes, as the API server keeps it with each field. */
  manager: string;
  /** A call without an answer is given up after this long, ms. 10 s unless told. */
  timeoutMs?: number;
  /** How often a call is made that fails for a reason that passes: no answer, too busy, an error of the server. 4 unless told. */
  tries?: number;
  /** Ends every call. */
  signal?: AbortSignal;
}

/** Kinds of patches: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396). */
export type PatchType = 'json' | 'merge';

/**
 * A cluster that can be written to. What fails for a reason that passes is tried again a few times, whether it was done or
 * not: let every write carry the version it was read under, so that doing it twice is refused or changes nothing. All
 * calls throw KubernetesError.
 */
export interface Writer {
  /** What the kubeconfig holds that must never be shown. */
  readonly credentials: readonly string[];
  /** Requests sent so far. */
  readonly requests: number;
  /** One object, or undefined where there is none. */
  read<T extends KubeObject>(ref: Ref): Promise<T | undefined>;
  /** The objects of a kind; `selector` as kubectl takes it. */
  list<T extends KubeObject>(kind: Kind, namespace: string, selector?: string): Promise<T[]>;
  create<T extends KubeObject>(
    ref: Ref,
    object: Omit<T, 'metadata'> & { metadata?: Partial<T['metadata']> },
  ): Promise<T>;
  /**
   * Server-side apply as the manager: what is not in the object is left alone, and what belongs to somebody else
   * is a conflict. With `metadata.resourceVersion` it is refused if the object has changed.
   *
   * @param force takes fields from their owners; only for fields that are ours under another name
   */
  apply<T extends KubeObject>(ref: Ref, object: object, options?: { force?: boolean }): Promise<T>;
  /** With `metadata.resourceVersion` in a merge patch it is refused if the object has changed. */
  patch<T extends KubeObject>(ref: Ref, type: PatchType, patch: unknown): Promise<T>;
  /** Deletes exactly the object that was seen; one that is gone is no error. */
  remove(ref: Ref, seen: { uid: string; resourceVersion?: string }): Promise<void>;
  /** The API server's time, ms since the epoch: of its last answers, or asked for. */
  now(): Promise<number>;
  /** The UID of the namespace kube-system: as near to an identity as a cluster has. */
  uid(): Promise<string>;
}

const TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
  body: 'application/json',
} as const;

/** An answer of the API server larger than this is not read on. */
const ANSWER_LIMIT = 32 * 2 ** 20;

/**
 * Opens a cluster for writing, by a kubeconfig's text. The client library reads the kubeconfig and gives the
 * credentials; the requests are plain, because its calls take no deadline and hide the server's time.
 *
 * @throws KubernetesError for a kubeconfig that cannot be used
 */
export function openWriter(kubeconfig: string, options: WriterOptions): Writer {
  const config = readKubeconfig(kubeconfig);
  const server = new URL((config.getCurrentCluster() as { server: string }).server);
  const clock = new ServerClock();
  const { manager, timeoutMs = 10_000, tries = 4 } = options;
  const owner = `fieldManager=${encodeURIComponent(manager)}`;
  let agent: HttpAgent | undefined;
  let requests = 0;

  /** Credentials are asked for each time, because those of a program expire; the connection is kept. */
  const prepare = async (): Promise<RequestOptions> => {
    const fresh: RequestOptions = {};
    await config.applyToHTTPSOptions(fresh);
    const { agent: own, headers, auth, ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = fresh;
    const isPlain =
      own === undefined ||
      own === null ||
      (own as object).constructor === Agent ||
      (own as object).constructor === HttpAgent;
    const tls = Object.fromEntries(
      Object.entries({ ca, cert, key, passphrase, pfx, rejectUnauthorized, servername }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const keep = { keepAlive: true, maxSockets: 16 };
    agent ??= !isPlain
      ? (own as HttpAgent)
      : server.protocol === 'http:'
        ? new HttpAgent(keep)
        : new Agent({ ...keep, ...tls });
    return {
      agent,
      ...(headers && { headers }),
      ...(auth !== undefined && auth !== null && { auth }),
    } as RequestOptions;
  };

  const once = async <T>(about: string, method: string, path: string, body?: unknown, type?: string): Promise<T> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
    try {
      options.signal?.throwIfAborted();
      const prepared = await prepare();
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        ...(prepared.headers as Record<string, string> | undefined),
        accept: 'application/json',
        ...(text !== undefined && { 'content-type': type ?? TYPES.body }),
        'content-length': Buffer.byteLength(text ?? ''),
      };
      const target = {
        ...prepared,
        protocol: server.protocol,
        hostname: server.hostname,
        ...(server.port && { port: server.port }),
        path: `${server.pathname.replace(/\/+$/, '')}${path}`,
        method,
        headers,
        signal,
      };
      requests++;
      const asked = performance.now();
      const { status, answer, date, retryAfter } = await exchange(server.protocol === 'http:', target, text);
      clock.learn(date, asked, performance.now());
      const parsed = parse(answer);
      if (status >= 200 && status < 300) {
        if (parsed === undefined)
          throw new KubernetesError(
            'server',
            `What answered when asked for ${about} is no API server: no JSON came back.`,
          );
        return parsed as T;
      }
      throw refusal(status, about, { body: (parsed ?? {}) as StatusBody, retryAfterMs: waitOf(retryAfter) });
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (cause instanceof KubernetesError) throw cause;
      if (deadline.aborted)
        throw new KubernetesError('timeout', `The API server gave no answer on ${about} within ${timeoutMs} ms.`, {
          cause,
        });
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new KubernetesError('unreachable', `The API server could not be asked for ${about}: ${code ?? message}.`, {
        cause,
      });
    }
  };
  const call = async <T>(...question: Parameters<typeof once>): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await once<T>(...question);
      } catch (cause) {
        if (!(cause instanceof KubernetesError) || !cause.retriable || tried >= tries) throw cause;
        await pause(cause.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1), options.signal);
      }
    }
  };
  const orNothing = async <T>(question: Promise<T>): Promise<T | undefined> =>
    question.catch((error: unknown) => {
      if (error instanceof KubernetesError && error.reason === 'not-found') return undefined;
      throw error;
    });
  const named = ({ kind, namespace, name }: Ref) => `${kind} ${namespace}/${name}`;
  const whole = ({ kind, namespace, name }: Ref, object: { metadata?: object }) => ({
    ...object,
    apiVersion: KINDS[kind].apiVersion,
    kind,
    metadata: { ...object.metadata, namespace, name },
  });

  return {
    credentials: credentialsOf(config),
    get requests() {
      return requests;
    },
    read: (ref) => orNothing(call(named(ref), 'GET', objectPath(ref))),
    async list<T extends KubeObject>(kind: Kind, namespace: string, selector?: string) {
      const query = selector ? `?labelSelector=${encodeURIComponent(selector)}` : '';
      const { items } = await call<{ items: T[] }>(
        `the list of ${KINDS[kind].plural} in ${namespace}`,
        'GET',
        `${collectionPath(kind, namespace)}${query}`,
      );
      return items;
    },
    create: (ref, object) =>
      call(named(ref), 'POST', `${collectionPath(ref.kind, ref.namespace)}?${owner}`, whole(ref, object)),
    apply: (ref, object, { force = false } = {}) =>
      call(named(ref), 'PATCH', `${objectPath(ref)}?${owner}&force=${force}`, whole(ref, object), TYPES.apply),
    patch: (ref, type, patch) => call(named(ref), 'PATCH', `${objectPath(ref)}?${owner}`, patch, TYPES[type]),
    async remove(ref, { uid, resourceVersion }) {
      const preconditions = { uid, ...(resourceVersion !== undefined && { resourceVersion }) };
      await orNothing(call(named(ref), 'DELETE', objectPath(ref), { propagationPolicy: 'Background', preconditions }));
    },
    async now() {
      const known = clock.at(performance.now());
      if (known !== undefined) return known;
      await call('its version', 'GET', '/version');
      const told = clock.at(performance.now());
      if (told === undefined)
        throw new KubernetesError(
          'server',
          'The API server’s answers carry no date, so it is not known what time it is there.',
        );
      return told;
    },
    async uid() {
      const { metadata } = await call<Partial<KubeObject>>(
        'the namespace kube-system',
        'GET',
        '/api/v1/namespaces/kube-system',
      );
      if (!metadata?.uid)
        throw new KubernetesError(
          'server',
          'The namespace kube-system has no UID: what answered is no Kubernetes API server.',
        );
      return metadata.uid;
    },
  };
}

/** Before the second try; doubled each time. */
const FIRST_PAUSE_MS = 100;

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
}

interface Exchanged {
  status: number;
  answer: string;
  date: string | undefined;
  retryAfter: string | undefined;
}

function exchange(plain: boolean, target: RequestOptions, text: string | undefined): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const sent = (plain ? httpRequest : httpsRequest)(target, (response: IncomingMessage) => {
      read(response).then(
        (answer) =>
          resolve({
            status: response.statusCode ?? 0,
            answer,
            date: response.headers.date,
            retryAfter: response.headers['retry-after'],
          }),
        reject,
      );
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_LIMIT) throw new Error(`its answer is larger than ${ANSWER_LIMIT >> 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page of a proxy; the caller says so
  }
}

/** `Retry-After` in seconds, at most a minute; a date is not sent by API servers. */
function waitOf(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 60) * 1000 : undefined;
}
