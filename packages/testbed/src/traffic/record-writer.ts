import { closeSync, openSync, writeSync } from 'node:fs';
import type { Row } from './record.ts';
import {
  COLUMN_NAMES,
  type Columns,
  columnsOf,
  MAGIC,
  MAX_NAMES,
  NAMED,
  type Named,
  OTHER,
  ROW_BYTES,
} from './record-format.ts';

const ROWS_PER_BLOCK = 4096;
const HIGHEST_U32 = 2 ** 32 - 1;

/** Writes what clients saw into a file, in blocks. */
export class RecordWriter {
  readonly #file: number;
  readonly #names: Record<Named, Map<string, number>>;
  readonly #columns: Columns = columnsOf(ROWS_PER_BLOCK);
  #rows = 0;

  constructor(path: string, head: unknown) {
    this.#file = openSync(path, 'wx');
    writeSync(this.#file, MAGIC);
    this.#block('HEAD', Buffer.from(JSON.stringify(head)));
    this.#names = { version: new Map(), pod: new Map(), error: new Map() };
    for (const column of NAMED) this.#indexOf(column, '');
  }

  /** Adds one answer, or the lack of one. Tenant and request are indices into the head. */
  add(row: Omit<Row, 'tenant' | 'request'> & { tenant: number; request: number }): void {
    const columns = this.#columns;
    const index = this.#rows++;
    columns.at[index] = row.at;
    columns.latency[index] = micros(row.latency);
    columns.late[index] = micros(row.late);
    columns.session[index] = row.session;
    columns.tenant[index] = row.tenant;
    columns.request[index] = row.request;
    columns.status[index] = row.status;
    columns.version[index] = this.#indexOf('version', row.version);
    columns.pod[index] = this.#indexOf('pod', row.pod);
    columns.error[index] = this.#indexOf('error', row.error);
    columns.cookies[index] = row.cookies;
    if (this.#rows === ROWS_PER_BLOCK) this.flush();
  }

  /** Brings all rows that were added into the file. */
  flush(): void {
    if (this.#rows === 0) return;
    const bytes = Buffer.alloc(this.#rows * ROW_BYTES);
    let offset = 0;
    for (const name of COLUMN_NAMES) {
      const part = this.#columns[name].subarray(0, this.#rows);
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
      offset += part.byteLength;
    }
    this.#block('ROWS', bytes);
    this.#rows = 0;
  }

  /** Says that the record is complete and closes the file. */
  close(): void {
    this.flush();
    this.#block('DONE', Buffer.alloc(0));
    closeSync(this.#file);
  }

  #indexOf(column: Named, name: string): number {
    const names = this.#names[column];
    const known = names.get(name);
    if (known !== undefined) return known;
    if (names.size >= MAX_NAMES && name !== OTHER) return this.#indexOf(column, OTHER);
    names.set(name, names.size);
    this.#block('NAME', Buffer.from(JSON.stringify([column, name])));
    return names.size - 1;
  }

  #block(kind: string, bytes: Uint8Array): void {
    const head = Buffer.alloc(8, kind, 'latin1');
    head.writeUInt32LE(bytes.length, 4);
    const whole = Buffer.concat([head, bytes]);
    for (let written = 0; written < whole.length; ) written += writeSync(this.#file, whole, written);
  }
}

const micros = (millis: number) => Math.min(HIGHEST_U32, Math.max(0, Math.round(millis * 1000)));
