import { type Instant, instantOf } from '@tillgate/release';
import { z } from 'zod';
import type { Answer, Api } from './api.ts';
import { GitHubError } from './errors.ts';

/** GitHub's clock against ours. */
export interface ServerTime {
  /** GitHub's time when its answer was made, to the second. */
  at: Instant;
  /** Milliseconds that GitHub's clock is ahead of ours; negative when it is behind. */
  offsetMs: number;
  /** The offset is right to plus or minus this many milliseconds. */
  uncertaintyMs: number;
}

/**
 * Reads GitHub's clock from the Date header of an answer. Any token will do; it costs nothing of the rate limit.
 *
 * The header is cut to the second and was written at some moment of the round trip, so the offset is taken
 * from the middle of both and its uncertainty is half of both.
 *
 * @throws GitHubError `unexpected-answer` when the answer bears no time of its own, as one out of a cache
 */
export async function serverTime(api: Api): Promise<ServerTime> {
  const { headers, sentAt, readAt } = await anyAnswer(api);
  const second = Date.parse(String(headers.date));
  if (Number.isNaN(second) || headers.age !== undefined) {
    throw new GitHubError(
      'unexpected-answer',
      `GitHub's answer bears ${headers.age === undefined ? 'no readable Date' : 'an Age, so it comes out of a cache'}: the time cannot be checked against it.`,
    );
  }
  return {
    at: instantOf(second),
    offsetMs: Math.round(second + 500 - (sentAt + readAt) / 2),
    uncertaintyMs: Math.ceil(500 + (readAt - sentAt) / 2),
  };
}

/** GitHub Enterprise Server without rate limits does not find them; its root is there always. */
async function anyAnswer(api: Api): Promise<Answer<unknown>> {
  const question = { about: 'the time', permission: 'metadata: read', schema: z.looseObject({}) };
  return api.ask({ ...question, route: 'GET /rate_limit' }).catch((error: unknown) => {
    if (error instanceof GitHubError && error.reason === 'not-found') return api.ask({ ...question, route: 'GET /' });
    throw error;
  });
}
