/** Why the API server did not answer as needed. */
export type Reason =
  | 'kubeconfig'
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'exists'
  | 'conflict'
  | 'invalid'
  | 'throttled'
  | 'server';

/** A field that somebody else owns. */
export interface Owned {
  manager: string;
  field: string;
}

/** Raised when the cluster did not give what was asked for; the message says what to do. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly reason: Reason;
  /** Who owns which fields, where a server-side apply was refused for it. */
  readonly owners: readonly Owned[];
  /** How long the server asks to wait before the next try, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: Reason,
    message: string,
    options: ErrorOptions & { owners?: readonly Owned[]; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.owners = options.owners ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same thing may be tried again: the world was away or busy. Whether it was done is not known. */
  get retriable(): boolean {
    return ['unreachable', 'timeout', 'throttled', 'server'].includes(this.reason);
  }
}

/** The body of a refusal, as far as it is read. */
export interface StatusBody {
  reason?: unknown;
  message?: unknown;
  details?: { causes?: unknown; retryAfterSeconds?: unknown };
}

/** What an answer means that is no success. Its own words are taken only where they name a field or a rule, never for 401. */
export function refusal(
  code: number,
  about: string,
  options: ErrorOptions & { body?: StatusBody; retryAfterMs?: number | undefined } = {},
): KubernetesError {
  const { body = {} } = options;
  const said = typeof body.message === 'string' ? ` It says: ${body.message.slice(0, 600)}` : '';
  if (code === 401)
    return new KubernetesError(
      'unauthorized',
      `The API server does not know who asks for ${about} (401). The token in the kubeconfig is wrong or has expired.`,
      options,
    );
  if (code === 403)
    return new KubernetesError(
      'forbidden',
      `The API server refuses ${about} to this account (403). Bind the Role that it needs from deploy/roles: observe.yaml to look, deploy.yaml to deliver.${said}`,
      options,
    );
  if (code === 404) return new KubernetesError('not-found', `There is no ${about} (404).`, options);
  if (code === 409) return conflict(about, body, said, options);
  if (code === 422 || code === 400)
    return new KubernetesError('invalid', `The API server does not accept ${about} (${code}).${said}`, options);
  if (code === 429)
    return new KubernetesError('throttled', `The API server is too busy for ${about} (429). Try again.`, options);
  return new KubernetesError('server', `The API server answered ${code} when asked for ${about}.`, options);
}

function conflict(about: string, body: StatusBody, said: string, options: ErrorOptions): KubernetesError {
  if (body.reason === 'AlreadyExists')
    return new KubernetesError('exists', `There is a ${about} already (409).`, options);
  const owners = ownersIn(body.details?.causes);
  const whose = owners.map(({ manager, field }) => `${field} belongs to "${manager}"`).join(', ');
  const why = whose === '' ? ` has changed since it was read, or is being deleted.${said}` : `: ${whose}.`;
  return new KubernetesError('conflict', `${about}${why} (409)`, { ...options, owners });
}

/** The owners that a refused server-side apply names: `conflict with "kubectl" using apps/v1` and the field. */
function ownersIn(causes: unknown): Owned[] {
  if (!Array.isArray(causes)) return [];
  return causes.flatMap((cause: { reason?: unknown; message?: unknown; field?: unknown }) => {
    if (cause?.reason !== 'FieldManagerConflict') return [];
    const manager = /conflict with "([^"]*)"/.exec(String(cause.message))?.[1] ?? 'somebody';
    return [{ manager, field: String(cause.field ?? '') }];
  });
}
