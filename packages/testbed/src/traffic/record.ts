import { readFile } from 'node:fs/promises';
import {
  COLUMN_NAMES,
  COLUMNS,
  type Column,
  type Columns,
  columnsOf,
  MAGIC,
  type Named,
  ROW_BYTES,
} from './record-format.ts';
import type { Demand } from './visits.ts';

/** What was asked for. */
export interface RecordHead extends Demand {
  /** Milliseconds since the epoch at which second 0 of the demand lies. */
  startedAt: number;
}

/** What one client saw of one request. */
export interface Row {
  /** Milliseconds since the epoch at which it was meant to be sent. */
  at: number;
  /** Milliseconds from that moment until the whole answer was there. */
  latency: number;
  /** Milliseconds by which the sender itself was late. */
  late: number;
  session: number;
  /** Host name of the tenant. */
  tenant: string;
  /** Name of the request. */
  request: string;
  /** Status code; 0 where no answer came. */
  status: number;
  /** The version that the answer named; '' where it named none. */
  version: string;
  /** The pod that the answer named; '' where it named none. */
  pod: string;
  /** '' or what went wrong: `jsonrpc: <name>` in a body with status 200, `network: <code>`, `sender: …`. */
  error: string;
  /** How many cookies were sent along. */
  cookies: number;
}

/** Whether a client would say that it did not work: no answer, a status of 500 or more, an error in the body. */
export function failed(row: Pick<Row, 'status' | 'error'>): boolean {
  return row.status === 0 || row.status >= 500 || row.error !== '';
}

/** What all clients saw: the ground truth about a load. Rows are in the order in which they ended. */
export class LoadRecord {
  readonly head: RecordHead;
  /** False while the load goes on, or where the sender was killed. */
  readonly complete: boolean;
  readonly length: number;
  /** The raw columns, for fast work over many rows; units as in record-format.ts. */
  readonly columns: Columns;
  /** The names that the indices in the columns mean. */
  readonly names: Readonly<Record<Named, readonly string[]>>;

  constructor(head: RecordHead, columns: Columns, names: Record<Named, string[]>, complete: boolean) {
    this.head = head;
    this.columns = columns;
    this.names = names;
    this.complete = complete;
    this.length = columns.at.length;
  }

  /** One row, decoded. */
  row(index: number): Row {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`There is no row ${index} of ${this.length}.`);
    const value = (column: Column) => this.columns[column][index] as number;
    return {
      at: value('at'),
      latency: value('latency') / 1000,
      late: value('late') / 1000,
      session: value('session'),
      tenant: this.head.tenants[value('tenant')]?.host ?? '',
      request: this.head.requests[value('request')]?.name ?? '',
      status: value('status'),
      version: this.names.version[value('version')] ?? '',
      pod: this.names.pod[value('pod')] ?? '',
      error: this.names.error[value('error')] ?? '',
      cookies: value('cookies'),
    };
  }

  /** All rows that were meant to be sent in [from, to), milliseconds since the epoch. */
  *rows(from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): Generator<Row> {
    for (let index = 0; index < this.length; index++) {
      const at = this.columns.at[index] as number;
      if (at >= from && at < to) yield this.row(index);
    }
  }

  /** How many rows there are of each value: `record.count((row) => row.version)`. */
  count(by: (row: Row) => string | number | boolean, from?: number, to?: number): Map<string, number> {
    const counts = new Map<string, number>();
    for (const row of this.rows(from, to)) {
      const key = String(by(row));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  /**
   * The smallest value that at least `share` of all rows do not exceed (nearest rank), in milliseconds.
   *
   * @throws RangeError where there is no row
   */
  quantile(column: 'latency' | 'late', share: number): number {
    if (this.length === 0) throw new RangeError('There is no quantile of nothing.');
    const sorted = Uint32Array.from(this.columns[column]).sort();
    const rank = Math.min(this.length, Math.max(1, Math.ceil(share * this.length)));
    return (sorted[rank - 1] as number) / 1000;
  }
}

/** Reads a record, also one that is still being written. @throws Error where the file is not a record */
export async function readRecord(path: string): Promise<LoadRecord> {
  const file = await readFile(path);
  if (file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) {
    throw new Error(`${path} is not the record of a load: it does not start as one.`);
  }
  let head: RecordHead | undefined;
  let complete = false;
  const names: Record<Named, string[]> = { version: [], pod: [], error: [] };
  const parts: Buffer[] = [];
  for (const { kind, bytes } of blocks(file)) {
    if (kind === 'HEAD') head = JSON.parse(bytes.toString());
    else if (kind === 'ROWS') parts.push(bytes);
    else if (kind === 'DONE') complete = true;
    else if (kind === 'NAME') {
      const [column, name] = JSON.parse(bytes.toString()) as [Named, string];
      names[column].push(name);
    } else throw new Error(`${path} has a block of unknown kind "${kind}": it is damaged, or of a newer version.`);
  }
  if (head === undefined) throw new Error(`${path} has no head: its writer ended before it began.`);
  return new LoadRecord(head, joined(parts), names, complete);
}

function* blocks(file: Buffer): Generator<{ kind: string; bytes: Buffer }> {
  let offset = MAGIC.length;
  while (offset + 8 <= file.length) {
    const end = offset + 8 + file.readUInt32LE(offset + 4);
    if (end > file.length) return;
    yield { kind: file.toString('latin1', offset, offset + 4), bytes: file.subarray(offset + 8, end) };
    offset = end;
  }
}

/** Puts the columns of all blocks one behind the other. */
function joined(parts: readonly Buffer[]): Columns {
  const total = parts.reduce((sum, part) => sum + part.length / ROW_BYTES, 0);
  const columns = columnsOf(total);
  let row = 0;
  for (const part of parts) {
    const rows = part.length / ROW_BYTES;
    let offset = 0;
    for (const name of COLUMN_NAMES) {
      const bytes = rows * COLUMNS[name].BYTES_PER_ELEMENT;
      // A copy, because a typed array wants an aligned start.
      const aligned = Uint8Array.from(part.subarray(offset, offset + bytes));
      columns[name].set(new COLUMNS[name](aligned.buffer), row);
      offset += bytes;
    }
    row += rows;
  }
  return columns;
}
