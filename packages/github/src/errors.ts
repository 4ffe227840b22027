/** Why GitHub did not answer what was asked. Callers decide by this word, never by the text of a message. */
export type Reason =
  /** 401: the token is missing, wrong, expired or revoked. */
  | 'unauthorized'
  /** 403: the token lacks a permission, which the message names. */
  | 'permission'
  /** 403 for another cause: single sign-on, an IP allow list, an archived repository. */
  | 'forbidden'
  /** 404 or 410: it does not exist, or the token may not know that it does; GitHub answers both alike. */
  | 'not-found'
  /** The token's requests for this hour are used up. */
  | 'rate-limit'
  /** Too many requests at once. */
  | 'secondary-rate-limit'
  /** 409 or 422 and other answers that say: not like this. */
  | 'refused'
  /** 5xx. */
  | 'unavailable'
  /** Something between us and GitHub answered, with a page for people. */
  | 'not-the-api'
  /** JSON, but not of the documented shape. */
  | 'unexpected-answer'
  /** More bytes or pages than are read. */
  | 'too-large'
  /** No connection: name, route, TLS, a proxy, or no answer in time. */
  | 'network'
  /** The caller's signal ended the wait. */
  | 'cancelled';

export interface GitHubErrorOptions extends ErrorOptions {
  status?: number | undefined;
  waitMs?: number | undefined;
}

/** The one error of this package; the message says what is wrong and what to do, and holds no secret. */
export class GitHubError extends Error {
  override readonly name = 'GitHubError';
  readonly reason: Reason;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** For rate limits: milliseconds until asking again makes sense. */
  readonly waitMs: number | undefined;

  constructor(reason: Reason, message: string, options: GitHubErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.status = options.status;
    this.waitMs = options.waitMs;
  }
}
