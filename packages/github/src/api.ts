import { setTimeout as sleepFor } from 'node:timers/promises';
import { Octokit } from '@octokit/core';
import type { Log } from '@tillgate/host';
import { silentLog } from '@tillgate/host';
import type { z } from 'zod';
import { boundedFetch } from './bounded-fetch.ts';
import { type Asked, classify, notTheApi } from './classify.ts';
import { GitHubError } from './errors.ts';

/** A repository, as GitHub names it. */
export interface Repository {
  owner: string;
  repo: string;
}

export interface ApiOptions {
  token: string;
  /** Where the API is; `GITHUB_API_URL` in a job. Default: https://api.github.com */
  apiUrl?: string;
  /** Ends every request and every wait. */
  signal?: AbortSignal;
  log?: Log;
  /** Attempts for each request, the first included. Default 4. */
  attempts?: number;
  /** A rate limit that asks for more than this, in milliseconds, is an error at once. Default 90 s. */
  longestWaitMs?: number;
  /** For one attempt, in milliseconds. Default 30 s. */
  timeoutMs?: number;
  fetch?: typeof fetch;
  sleep?: (millis: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** One question to GitHub. */
export interface Question<T> extends Asked {
  /** Reading only: asking twice must be harmless, because it is what happens on a broken connection. */
  route: `GET /${string}`;
  parameters?: Record<string, string | number>;
  schema: z.ZodType<T>;
}

/** Something told to GitHub, once: a broken connection may have carried it. */
export interface Message<T> extends Asked {
  route: `POST /${string}`;
  /** Names in the route, and members of the body. */
  parameters: Record<string, unknown>;
  schema: z.ZodType<T>;
}

export interface Answer<T> {
  value: T;
  headers: Readonly<Record<string, string | number | undefined>>;
  /** When the last attempt was sent and its answer read, in milliseconds since the epoch by our clock. */
  sentAt: number;
  readAt: number;
}

/** A connection to GitHub's API; the functions of this package take it as their first argument. */
export interface Api {
  /** @throws GitHubError */
  ask<T>(question: Question<T>): Promise<Answer<T>>;
  /** Tells something, and does not try it again. @throws GitHubError */
  tell<T>(message: Message<T>): Promise<T>;
}

/** One page at most this large: a pull request's reviews with long bodies stay well below. */
const ANSWER_LIMIT = 16 * 1024 * 1024;
const FIRST_BACKOFF_MS = 500;
/** The version of the REST API whose shapes the schemas here describe. */
const API_VERSION = '2022-11-28';

/**
 * Opens the API for one token. Nothing is sent yet.
 *
 * Each question is asked again after a broken connection, a 5xx or a rate limit that ends soon: a bounded
 * number of times, for as long as GitHub asks, and never beyond the caller's signal. (Octokit's plugins for
 * retries and throttling know no signal: a cancelled job would sit out their waits.)
 *
 * Behind a proxy the process needs NODE_USE_ENV_PROXY=1 beside HTTPS_PROXY; `fetch` then does the rest.
 */
export function openApi(options: ApiOptions): Api {
  const { attempts = 4, longestWaitMs = 90_000, timeoutMs = 30_000, log = silentLog, signal } = options;
  const sleep = options.sleep ?? ((millis, until) => sleepFor(millis, undefined, until ? { signal: until } : {}));
  const octokit = new Octokit({
    auth: options.token,
    ...(options.apiUrl !== undefined && { baseUrl: options.apiUrl }),
    userAgent: 'tillgate',
    request: { fetch: boundedFetch(ANSWER_LIMIT, options.fetch ?? fetch) },
    log: { debug() {}, info() {}, warn: (text: string) => log.warn(text), error: (text: string) => log.warn(text) },
  });

  async function once<T>(question: Question<T> | Message<T>): Promise<Answer<T>> {
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    const sentAt = Date.now();
    const { data, headers, status } = await octokit.request(question.route, {
      ...question.parameters,
      headers: { 'x-github-api-version': API_VERSION },
      request: { signal: AbortSignal.any(limits) },
    });
    const readAt = Date.now();
    if (typeof data !== 'object' || data === null || data instanceof ArrayBuffer) {
      throw new GitHubError('not-the-api', notTheApi(question, `status ${status}`), { status });
    }
    const read = question.schema.safeParse(data);
    if (read.success) return { value: read.data, headers, sentAt, readAt };
    const first = read.error.issues[0];
    throw new GitHubError(
      'unexpected-answer',
      `GitHub's answer for ${question.about} is not of the documented shape: ${first?.path.join('.') || 'answer'}: ${first?.message}. A proxy may have changed it, or this release is too old for the server.`,
      { status },
    );
  }

  return {
    async tell(message) {
      try {
        return (await once(message)).value;
      } catch (thrown) {
        throw signal?.aborted ? cancelled(message, thrown) : classify(thrown, message);
      }
    },

    async ask(question) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(question);
        } catch (thrown) {
          const error = signal?.aborted ? cancelled(question, thrown) : classify(thrown, question);
          const waitMs = waitBefore(error, attempt);
          if (waitMs === undefined || attempt >= attempts || waitMs > longestWaitMs) throw error;
          log.info(`${error.message} Attempt ${attempt + 1} of ${attempts} follows in ${Math.ceil(waitMs / 1_000)} s.`);
          await sleep(waitMs, signal).catch((cause) => {
            throw cancelled(question, cause);
          });
        }
      }
    },
  };
}

/**
 * Asks for a list, page by page. Pages are counted here instead of following the address in the answer: a
 * changed `link` header could otherwise lead the token to another server.
 *
 * @param limit more items than this are an error, because half a list must not be judged as the whole
 * @throws GitHubError
 */
export async function askForAll<P, T>(
  api: Api,
  question: Question<P>,
  itemsOf: (page: P) => readonly T[],
  limit = 2_000,
): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; ; page++) {
    const parameters = { ...question.parameters, per_page: 100, page };
    const { value, headers } = await api.ask({ ...question, parameters });
    items.push(...itemsOf(value));
    if (!/;\s*rel="next"/.test(String(headers.link ?? ''))) return items;
    if (items.length >= limit || itemsOf(value).length === 0) {
      throw new GitHubError('too-large', `GitHub has more of ${question.about} than the ${limit} that are read.`);
    }
  }
}

/** Milliseconds to wait before the next attempt; undefined where another attempt would bring the same. */
function waitBefore(error: GitHubError, attempt: number): number | undefined {
  if (error.waitMs !== undefined) return error.waitMs;
  if (error.reason !== 'unavailable' && error.reason !== 'network') return undefined;
  // Half of it is random, so that the jobs of a matrix do not all come back at the same moment.
  return FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function cancelled(asked: Asked, cause: unknown): GitHubError {
  return new GitHubError('cancelled', `Reading ${asked.about} was cancelled or ran out of time.`, { cause });
}
