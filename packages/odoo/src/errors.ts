/** Why Odoo did not do what was asked. Callers decide by this word, never by the text of a message. */
export type Reason =
  /** The key or the password is wrong or expired, or two-factor authentication wants more than a password. */
  | 'unauthorized'
  /** The user may not do this, or the method is private. */
  | 'forbidden'
  /** The server has no such database, or serves another one. */
  | 'no-database'
  /** The model, the method or the record does not exist. */
  | 'not-found'
  /** Odoo understood and said no, as it would to a cashier: UserError, ValidationError and their kin. */
  | 'refused'
  /** The call itself is wrong: an argument is missing or unknown. */
  | 'bad-call'
  /** The server's own code failed: any other exception, whatever the HTTP status. */
  | 'broken'
  /** 502, 503, 504: a proxy is there and Odoo is not. */
  | 'unavailable'
  /** Something else answered: a page for people, a redirect, an answer of another shape. */
  | 'not-odoo'
  /** More bytes than are read. */
  | 'too-large'
  /** No connection, or it broke: name, route, TLS. */
  | 'network'
  /** No whole answer within the deadline. */
  | 'timeout'
  /** The caller's signal ended the wait. */
  | 'cancelled';

export interface OdooErrorOptions extends ErrorOptions {
  status?: number;
  exception?: string;
  nothingSent?: boolean;
}

/** The one error of this package. Its message holds no traceback and no secret. */
export class OdooError extends Error {
  override readonly name = 'OdooError';
  readonly reason: Reason;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Name of the Python exception, where Odoo told one. */
  readonly exception: string | undefined;
  /** The server cannot have seen the request, so that even a write is safe to repeat. */
  readonly nothingSent: boolean;

  constructor(reason: Reason, message: string, options: OdooErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = reason;
    this.status = options.status;
    this.exception = options.exception;
    this.nothingSent = options.nothingSent ?? false;
  }

  /** Whether the request may have been carried out although no answer came. */
  get outcomeUnknown(): boolean {
    const unanswered: Reason[] = ['network', 'timeout', 'cancelled', 'unavailable', 'too-large', 'not-odoo'];
    return !this.nothingSent && unanswered.includes(this.reason);
  }
}
