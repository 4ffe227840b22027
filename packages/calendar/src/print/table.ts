import { formatDuration } from '@tillgate/release';
import type { Tables } from '../closures.ts';
import { formatWall } from '../wall.ts';
import { wallAt } from '../zones/zone.ts';
import type { Occurrence, Year } from './year.ts';

/** A window that is on more often than this in a year is told in one line. */
const ONE_BY_ONE = 12;

/** A year as rows for people: what, how strict, from when to when by the clock there, for how long. */
export function yearRows({ occurrences }: Year, tables: Tables): string[][] {
  const head = ['window', 'kind', 'level', 'zone', 'from', 'to', 'length'];
  const groups = Map.groupBy(occurrences, ({ window, zone }) => `${window.id} ${zone}`);
  const rows = [...groups.values()].flatMap((group) => {
    const [first] = group as [Occurrence];
    const { id, policy } = first.window;
    const start = [id, policy.kind, policy.level, first.zone];
    const at = (instant: number) => {
      const table = tables(first.zone)[0];
      return table ? formatWall(wallAt(table, instant)) : new Date(instant).toISOString();
    };
    if (group.length > ONE_BY_ONE) {
      const last = group.at(-1) ?? first;
      const whole = group.reduce((sum, one) => sum + one.end - one.start, 0);
      return [
        { first, row: [...start, at(first.start), at(last.end), `${group.length} times, ${formatDuration(whole)}`] },
      ];
    }
    return group.map((one) => ({
      first: one,
      row: [...start, at(one.start), at(one.end), formatDuration(one.end - one.start)],
    }));
  });
  rows.sort((a, b) => a.first.start - b.first.start);
  return [head, ...rows.map(({ row }) => row)];
}

/** Rows as aligned text. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n');
}
