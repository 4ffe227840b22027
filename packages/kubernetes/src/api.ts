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
  /**
   * Says that whoever asks was told to stop. From then on a call takes a second at most, with all its tries and the waits
   * between them. It is made nevertheless: the way to a safe state consists of calls.
   */
  hurry?: AbortSignal;
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

/**
 * What a call may take once there is hurry, in ms. GitHub kills ten seconds after it has said stop; who gets answers within
 * this time reaches a safe state before that, and who gets none has to end without one.
 */
const HURRIED_MS = 1_000;

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
export function openApi(kubeconfig: string, { timeoutMs = 10_000, tries = 4, hurry }: ApiOptions = {}): Api {
  const config = readKubeconfig(kubeconfig);
  const server = new URL(config.cluster.server);
  const root = server.pathname.replace(/\/+$/, '');
  const access = accessTo(config);
  const clock = new ServerClock();
  /** When a call is late that was under way as the hurry began. */
  const overdue = afterwards(hurry, HURRIED_MS);
  let requests = 0;

  /** What a server says of a refusal is shown to people; one that says back what it was sent is not quoted with it. */
  const withoutCredentials = (said: string) =>
    config.credentials.reduce((text, credential) => text.replaceAll(credential, '***'), said);

  const once = async <T>(question: Question, late: AbortSignal): Promise<T> => {
    const { about, method, path, body, type = 'application/json' } = question;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
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
        signal: AbortSignal.any([late, deadline]),
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
      if (cause instanceof KubernetesError) throw cause;
      if (deadline.aborted) throw noAnswer(cause, about, `within ${timeoutMs} ms`);
      throw noAnswer(
        cause,
        about,
        late.aborted ? `in the ${HURRIED_MS} ms that are left to a run that stops` : undefined,
      );
    }
  };

  const call = async <T>(question: Question): Promise<T> => {
    const late = hurry?.aborted ? AbortSignal.timeout(HURRIED_MS) : overdue;
    for (let tried = 1; ; tried++) {
      try {
        return await once<T>(question, late);
      } catch (cause) {
        if (!(cause instanceof KubernetesError) || !cause.retriable || tried >= tries) throw cause;
        const rest = cause.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1);
        if (hurry?.aborted && rest > HURRIED_MS) throw cause;
        // The word to hurry ends a rest, and what was waited for is tried at once.
        await pause(rest, hurry?.aborted ? late : hurry);
        if (late.aborted) throw cause;
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
    const signal = AbortSignal.any([stop, gone]);
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

/** Waits; ends early, without an error, when the signal says so. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch((cause: unknown) => {
    if (!signal?.aborted) throw cause;
  });
}

/** Aborted so long after another signal; never where there is none. */
function afterwards(word: AbortSignal | undefined, ms: number): AbortSignal {
  const later = new AbortController();
  const begin = () => setTimeout(() => later.abort(), ms).unref();
  if (word?.aborted) begin();
  else word?.addEventListener('abort', begin, { once: true });
  return later.signal;
}

/** @param within how long was waited; undefined where it failed at once */
function noAnswer(cause: unknown, about: string, within: string | undefined): KubernetesError {
  if (within !== undefined)
    return new KubernetesError('timeout', `The API server gave no answer on ${about} ${within}.`, { cause });
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
