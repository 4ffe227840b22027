import { setTimeout as sleep } from 'node:timers/promises';
import { opened, wholeOf } from '@tillgate/host';
import { accessTo } from './access.ts';
import { KubernetesError, refusal, type StatusBody } from './errors.ts';
import { eventsIn } from './events-in.ts';
import type { KubeObject } from './kinds.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { ServerClock } from './server-clock.ts';

export interface ApiOptions {
  /** A call without an answer is given up after this long, ms. 10 s unless told. */
  timeoutMs?: number;
  /** How often a call is made that fails for a reason that passes: no answer, too busy, an error of the server. 4 unless told. */
  tries?: number;
  /** Ends every call. */
  signal?: AbortSignal;
}

/** What is asked of the API server. */
export interface Question {
  /** What is asked for, as errors say it. */
  about: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Content type of the body; plain JSON unless told. */
  type?: string;
}

/** What is watched: the path with its query. */
export type Watched = Pick<Question, 'about' | 'path'>;

/** An answer larger than this is not read on. */
const ANSWER_LIMIT = 32 * 2 ** 20;

/** How long a watch lasts, in s. */
const WATCH_SECONDS = 300;

/**
 * The API server of a cluster, asked over plain HTTP: calls of the client library take no deadline, hide the server's
 * time, and bring the models of all APIs with them. All calls throw KubernetesError.
 */
export interface Api {
  /** What the kubeconfig holds that must never be shown. */
  readonly credentials: readonly string[];
  /** Requests sent so far. */
  readonly requests: number;
  /** The body of the answer. What fails for a reason that passes is asked again a few times, whether it was done or not. */
  call<T>(question: Question): Promise<T>;
  /** The same for what may be missing: undefined where it is. */
  find<T>(question: Question): Promise<T | undefined>;
  /**
   * Tells what is watched as it is now, and again whenever it is written or deleted, until the signal says stop or the API
   * server ends it: after five minutes. Not begun again by itself.
   */
  watch<T extends KubeObject>(question: Watched, told: (object: T) => void, signal: AbortSignal): Promise<void>;
  /** The API server's time, ms since the epoch: of its last answers, or asked for. */
  now(): Promise<number>;
  /** The UID of the namespace kube-system: as near to an identity as a cluster has. */
  uid(): Promise<string>;
}

/** Opens a cluster by a kubeconfig's text. @throws KubernetesError for one that cannot be used */
export function openApi(kubeconfig: string, { timeoutMs = 10_000, tries = 4, signal: ending }: ApiOptions = {}): Api {
  const config = readKubeconfig(kubeconfig);
  const server = new URL(config.cluster.server);
  const root = server.pathname.replace(/\/+$/, '');
  const access = accessTo(config);
  const clock = new ServerClock();
  let requests = 0;

  /** What a server says of a refusal is shown to people; one that says back what it was sent is not quoted with it. */
  const withoutCredentials = (said: string) =>
    config.credentials.reduce((text, credential) => text.replaceAll(credential, '***'), said);

  const once = async <T>({ about, method, path, body, type = 'application/json' }: Question): Promise<T> => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = ending ? AbortSignal.any([ending, deadline]) : deadline;
    try {
      ending?.throwIfAborted();
      const { headers, ...way } = await access();
      const text = body === undefined ? undefined : JSON.stringify(body);
      requests++;
      const asked = performance.now();
      const response = await opened(server, {
        ...way,
        path: `${root}${path}`,
        method,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(text !== undefined && { 'content-type': type }),
          'content-length': Buffer.byteLength(text ?? ''),
        },
        signal,
        ...(text !== undefined && { text }),
      });
      const answer = await wholeOf(response, ANSWER_LIMIT);
      const { statusCode: status = 0, headers: told } = response;
      clock.learn(told.date, asked, performance.now());
      const parsed = parse(status < 400 ? answer : withoutCredentials(answer));
      if (status < 200 || status >= 300)
        throw refusal(status, about, { body: (parsed ?? {}) as StatusBody, retryAfterMs: waitOf(told['retry-after']) });
      if (typeof parsed !== 'object' || parsed === null)
        throw new KubernetesError(
          'server',
          `What answered when asked for ${about} is no API server: no JSON object came back.`,
        );
      return parsed as T;
    } catch (cause) {
      ending?.throwIfAborted();
      if (cause instanceof KubernetesError) throw cause;
      throw noAnswer(cause, about, deadline.aborted ? timeoutMs : undefined);
    }
  };

  const call = async <T>(question: Question): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await once<T>(question);
      } catch (cause) {
        if (!(cause instanceof KubernetesError) || !cause.retriable || tried >= tries) throw cause;
        await pause(cause.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1), ending);
      }
    }
  };

  const watch = async <T extends KubeObject>(
    { about, path }: Watched,
    told: (object: T) => void,
    stop: AbortSignal,
  ): Promise<void> => {
    // A server that does not end it in time is no longer there.
    const gone = AbortSignal.timeout(WATCH_SECONDS * 1000 + timeoutMs);
    const signal = AbortSignal.any([stop, gone, ...(ending ? [ending] : [])]);
    try {
      const { headers, ...way } = await access();
      requests++;
      const query = `watch=true&timeoutSeconds=${WATCH_SECONDS}`;
      const response = await opened(server, {
        ...way,
        path: `${root}${path}&${query}`,
        method: 'GET',
        headers: { ...headers, accept: 'application/json' },
        signal,
      });
      const { statusCode = 0 } = response;
      if (statusCode !== 200)
        throw refusal(statusCode, about, { body: (parse(await wholeOf(response, ANSWER_LIMIT)) ?? {}) as StatusBody });
      for await (const object of eventsIn<T>(response, about)) told(object);
    } catch (cause) {
      ending?.throwIfAborted();
      if (signal.aborted) return;
      throw cause instanceof KubernetesError ? cause : noAnswer(cause, about, undefined);
    }
  };

  return {
    credentials: config.credentials,
    get requests() {
      return requests;
    },
    call,
    watch,
    find: <T>(question: Question) =>
      call<T>(question).catch((error: unknown) => {
        if (error instanceof KubernetesError && error.reason === 'not-found') return undefined;
        throw error;
      }),
    async now() {
      const known = clock.at(performance.now());
      if (known !== undefined) return known;
      await call({ about: 'its version', method: 'GET', path: '/version' });
      const told = clock.at(performance.now());
      if (told === undefined)
        throw new KubernetesError(
          'server',
          'The API server’s answers carry no date, so it is not known what time it is there.',
        );
      return told;
    },
    async uid() {
      const { metadata } = await call<Partial<KubeObject>>({
        about: 'the namespace kube-system',
        method: 'GET',
        path: '/api/v1/namespaces/kube-system',
      });
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

function noAnswer(cause: unknown, about: string, timeoutMs: number | undefined): KubernetesError {
  if (timeoutMs !== undefined)
    return new KubernetesError('timeout', `The API server gave no answer on ${about} within ${timeoutMs} ms.`, {
      cause,
    });
  const { code, message = 'no reason was given' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  return new KubernetesError(
    'unreachable',
    `The API server could not be asked for ${about}: ${(code ?? message).slice(0, 300)}. Is its address in the kubeconfig reachable from this runner?`,
    { cause },
  );
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
