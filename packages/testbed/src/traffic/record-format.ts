/**
 * How the record of a load lies in its file: a magic line, then blocks, each with a kind (4 letters), a
 * length (32 bits, little endian) and that many bytes.
 *
 *     HEAD  JSON: what was asked for
 *     NAME  JSON: [column, name]; the names of a column count from 0 in the order in which they appear
 *     ROWS  every column in the order below, each whole, little endian
 *     DONE  nothing: the load ended by itself and everything that was sent is in the file
 *
 * A file can be read while it is written, and after its writer was killed: a block that is not whole is
 * left out.
 */
export const MAGIC = 'tillgate load record 1\n';

/** The columns and their types; the sum of a row is 34 bytes. */
export const COLUMNS = {
  /** Milliseconds since the epoch at which the request was meant to be sent. */
  at: Float64Array,
  /** Microseconds from that moment until the whole answer was there: waiting inside the sender counts. */
  latency: Uint32Array,
  /** Microseconds by which the sender itself was late. */
  late: Uint32Array,
  /** Number of the session. */
  session: Uint32Array,
  /** Index into the tenants of the head. */
  tenant: Uint16Array,
  /** Index into the requests of the head. */
  request: Uint16Array,
  /** Status code; 0 where no answer came. */
  status: Uint16Array,
  /** Index of the version that the answer named. */
  version: Uint16Array,
  /** Index of the pod that the answer named. */
  pod: Uint16Array,
  /** Index of what went wrong; 0 for nothing. */
  error: Uint16Array,
  /** How many cookies were sent along. */
  cookies: Uint16Array,
} as const;

export type Column = keyof typeof COLUMNS;

/** Columns whose values are indices of names that are learnt from the answers. Name 0 is always ''. */
export const NAMED = ['version', 'pod', 'error'] as const;
export type Named = (typeof NAMED)[number];

/** One column's array type, by the column's name. */
type ColumnArray<C extends Column> = InstanceType<(typeof COLUMNS)[C]>;
export type Columns = { [C in Column]: ColumnArray<C> };

export const COLUMN_NAMES = Object.keys(COLUMNS) as Column[];

/** Empty columns of a length. */
export function columnsOf(rows: number): Columns {
  return Object.fromEntries(COLUMN_NAMES.map((name) => [name, new COLUMNS[name](rows)])) as unknown as Columns;
}

export const ROW_BYTES = COLUMN_NAMES.reduce((sum, name) => sum + COLUMNS[name].BYTES_PER_ELEMENT, 0);

/** More names than this in one column are all recorded as `(other)`: answers cannot make the record grow without bound. */
export const MAX_NAMES = 4096;
export const OTHER = '(other)';
