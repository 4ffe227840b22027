import { OdooError, type Reason } from './errors.ts';

/** An exception as Odoo tells it: the body of a refused JSON-2 call, and `error.data` of JSON-RPC. */
interface ToldException {
  name: string;
  message: string;
}

const BY_NAME: Readonly<Record<string, Reason>> = {
  'odoo.exceptions.UserError': 'refused',
  'odoo.exceptions.ValidationError': 'refused',
  'odoo.exceptions.RedirectWarning': 'refused',
  'odoo.exceptions.LockError': 'refused',
  'odoo.exceptions.AccessError': 'forbidden',
  'odoo.exceptions.AccessDenied': 'unauthorized',
  'odoo.exceptions.MissingError': 'not-found',
  'odoo.http.SessionExpiredException': 'unauthorized',
  'werkzeug.exceptions.NotFound': 'not-found',
  'werkzeug.exceptions.Forbidden': 'forbidden',
  'werkzeug.exceptions.Unauthorized': 'unauthorized',
  'werkzeug.exceptions.UnprocessableEntity': 'bad-call',
  'werkzeug.exceptions.BadRequest': 'bad-call',
};

/** Reads an exception from JSON of unknown origin; undefined if it is none. */
export function toldException(value: unknown): ToldException | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, message } = value as Partial<Record<string, unknown>>;
  return typeof name === 'string' && typeof message === 'string' ? { name, message } : undefined;
}

/**
 * The error for an exception that Odoo told. The name of the exception decides: JSON-RPC answers every one of
 * them with status 200, and JSON-2 answers 500 to a mistyped field as well as to a crash.
 */
export function errorOf(what: string, told: ToldException, status: number): OdooError {
  const { name } = told;
  const message = withoutTraceback(told.message);
  const reason = missesDatabase(told) ? 'no-database' : (BY_NAME[name] ?? 'broken');
  const text = reason === 'no-database' ? NO_DATABASE : `${name.split('.').at(-1)}: ${message}`;
  const advice = reason === 'unauthorized' ? ` ${UNAUTHORIZED}` : '';
  return new OdooError(reason, `${what}: ${text}${advice}`, { status, exception: name });
}

export const NO_DATABASE =
  'the server has no such database, or does not serve it at this address. Check the name, and the dbfilter of the server.';
const UNAUTHORIZED =
  'The key is wrong, has expired or was removed, or its user is no longer active. Make a new one in the preferences of the user.';

function missesDatabase({ name, message }: ToldException): boolean {
  return name.startsWith('psycopg2.') && /database .* does not exist/.test(message);
}

const LONGEST = 600;

/** What people should read of a message: no traceback, not endless. */
function withoutTraceback(message: string): string {
  const text = message.split('Traceback (most recent call last)')[0]?.trim() ?? '';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
