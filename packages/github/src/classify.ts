import { RequestError } from '@octokit/request-error';
import { GitHubError } from './errors.ts';

/** What was asked, as an error message needs it. */
export interface Asked {
  /** For people, for example `the approvals of run 42`. */
  about: string;
  /** The permission of the token that this needs, as a workflow writes it: `actions: read`. */
  permission: string;
}

type Headers = Record<string, string | number | undefined>;

/** Where GitHub names no time after a secondary rate limit, its documentation asks for a minute at least. */
const SECONDARY_WAIT_MS = 60_000;

/** Turns whatever a request threw into a GitHubError that names the cause. */
export function classify(thrown: unknown, asked: Asked): GitHubError {
  if (thrown instanceof GitHubError) return thrown;
  if (!(thrown instanceof RequestError) || !thrown.response) return noAnswer(thrown, asked);

  const { status, response } = thrown;
  const headers = response.headers as Headers;
  const said = messageOf(response.data);
  const options = { cause: thrown, status };
  if (said === undefined && looksLikeAPage(response.data)) {
    if (status >= 500) return unavailable(asked, options);
    return new GitHubError('not-the-api', notTheApi(asked, `status ${status}`), options);
  }

  const limit = rateLimit(status, headers, said, asked, options);
  if (limit) return limit;
  if (status === 401) {
    return new GitHubError(
      'unauthorized',
      `GitHub does not accept the token while reading ${asked.about}: it is missing, expired, revoked or of another server. Pass a valid token.`,
      options,
    );
  }
  if (status === 403) return forbidden(said, headers, asked, options);
  if (status === 404 || status === 410) {
    return new GitHubError(
      'not-found',
      `GitHub knows nothing of ${asked.about}, or the token may not see it (GitHub answers both alike). Check the name, and that the job grants \`${asked.permission}\`.`,
      options,
    );
  }
  if (status >= 500) return unavailable(asked, options);
  return new GitHubError(
    'refused',
    `GitHub refused ${asked.about} (status ${status}): ${said ?? 'no reason'}.`,
    options,
  );
}

/** The message for an answer that is no JSON of the API. */
export function notTheApi(asked: Asked, detail: string): string {
  return `Not GitHub's API but something before it answered for ${asked.about} (${detail}, no JSON): a proxy, a captive portal, or a wrong API address. Check the address and the proxy settings.`;
}

function rateLimit(
  status: number,
  headers: Headers,
  said: string | undefined,
  asked: Asked,
  options: { cause: unknown; status: number },
): GitHubError | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const retryAfter = wholeNumber(headers['retry-after']);
  const secondary = retryAfter !== undefined || /secondary rate limit|abuse detection/i.test(said ?? '');
  if (secondary) {
    const waitMs = retryAfter === undefined ? SECONDARY_WAIT_MS : retryAfter * 1_000;
    const text = `GitHub asks to slow down (secondary rate limit) while reading ${asked.about}; again in ${waitMs / 1_000} s. Fewer jobs at once help.`;
    return new GitHubError('secondary-rate-limit', text, { ...options, waitMs });
  }
  if (wholeNumber(headers['x-ratelimit-remaining']) === 0 || status === 429) {
    const waitMs = untilReset(headers);
    const text = `The token's requests for this hour are used up (${headers['x-ratelimit-limit'] ?? 'unknown'} in all), so ${asked.about} cannot be read; again in ${Math.ceil(waitMs / 1_000)} s. Another token has its own limit.`;
    return new GitHubError('rate-limit', text, { ...options, waitMs });
  }
  return undefined;
}

/** Until the limit is reset, by GitHub's own clock where the answer tells it: ours may be wrong. */
function untilReset(headers: Headers): number {
  const reset = wholeNumber(headers['x-ratelimit-reset']);
  if (reset === undefined) return SECONDARY_WAIT_MS;
  const dated = Date.parse(String(headers.date));
  return Math.max(0, reset * 1_000 - (Number.isNaN(dated) ? Date.now() : dated)) + 1_000;
}

function forbidden(
  said: string | undefined,
  headers: Headers,
  asked: Asked,
  options: { cause: unknown; status: number },
): GitHubError {
  const accepted = headers['x-accepted-github-permissions'];
  if (accepted !== undefined || /resource not accessible by/i.test(said ?? '')) {
    const named = accepted === undefined ? '' : ` GitHub names: ${String(accepted).slice(0, 200)}.`;
    return new GitHubError(
      'permission',
      `The token may not read ${asked.about}. Grant the job \`permissions: { ${asked.permission} }\`; a reusable workflow gets no more than its caller grants.${named}`,
      options,
    );
  }
  return new GitHubError('forbidden', `GitHub forbids ${asked.about}: ${said ?? 'it gave no reason'}.`, options);
}

function unavailable(asked: Asked, options: { cause: unknown; status: number }): GitHubError {
  const text = `GitHub could not answer for ${asked.about} (status ${options.status}). Its status page tells whether it is a known incident; run the job again.`;
  return new GitHubError('unavailable', text, options);
}

function noAnswer(thrown: unknown, asked: Asked): GitHubError {
  const inner = thrown instanceof RequestError ? thrown.cause : thrown;
  if (inner instanceof GitHubError) return inner;
  const name = (inner as { name?: unknown } | undefined)?.name;
  if (name === 'AbortError') {
    return new GitHubError('cancelled', `Reading ${asked.about} was cancelled.`, { cause: thrown });
  }
  const text =
    name === 'TimeoutError' ? 'no answer in time' : thrown instanceof Error ? thrown.message : String(thrown);
  return new GitHubError(
    'network',
    `GitHub could not be reached for ${asked.about}: ${text.slice(0, 300)}. Check name resolution, route and proxy (Node takes HTTPS_PROXY only with NODE_USE_ENV_PROXY=1).`,
    { cause: thrown },
  );
}

function messageOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('message' in data)) return undefined;
  return typeof data.message === 'string' ? data.message.replace(/[.\s]+$/, '').slice(0, 500) : undefined;
}

function looksLikeAPage(data: unknown): boolean {
  return typeof data === 'string' || data instanceof ArrayBuffer;
}

function wholeNumber(text: string | number | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(String(text)) ? Number(text) : undefined;
}
