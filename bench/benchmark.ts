import { cpus, totalmem } from 'node:os';

/** A measured value with its unit in its name, for example `median_ms`. */
export type Figures = Record<string, number | string>;

/** What a benchmark found. */
export interface Measured {
  figures: Figures;
  /** The bound of each figure that has one, as text: `<= 3`. */
  bounds: Record<string, string>;
  /** Whether every bound holds. */
  holds: boolean;
  /** Rows for people; the first one is the head. */
  table: readonly (readonly (string | number)[])[];
}

/** One benchmark, in a file of its own, named after it. */
export interface Benchmark {
  name: string;
  about: string;
  run(say: (progress: string) => void, args: readonly string[]): Promise<Measured>;
}

/** The machine a figure was taken on, as far as it matters to a reader. */
export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

/** The middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('There is no median of nothing.');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** Rows as an aligned text table: the first column to the left, the others to the right. */
export function alignTable(rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? String(Math.round(cell * 100) / 100) : cell)),
  );
  const widths = (text[0] ?? []).map((_, column) => Math.max(...text.map((row) => (row[column] ?? '').length)));
  const lines = text.map((row) =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
      .join('  '),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}
