import type { Point } from './timeline.ts';

/** Points that a chart in a summary can still show. */
const MOST = 40;

/**
 * A Mermaid chart of share, bad requests and evidence, all in percent, over seconds since the first point. Empty
 * where there is nothing to draw. It has no names but ours.
 */
export function chartOf(points: readonly Point[]): string {
  const [first] = points;
  if (!first || points.length < 2) return '';
  const every = Math.ceil(points.length / MOST);
  const kept = points.filter((_, index) => index % every === 0 || index === points.length - 1);
  const line = (value: (point: Point) => number | null) =>
    `[${kept.map((point) => round(value(point) ?? 0)).join(', ')}]`;
  return [
    '```mermaid',
    'xychart-beta',
    '  title "Share of the candidate, its bad requests, and evidence towards failing, in percent"',
    `  x-axis "seconds" [${kept.map(({ at }) => Math.round((at - first.at) / 1000)).join(', ')}]`,
    '  y-axis "percent" 0 --> 100',
    `  line ${line(({ share }) => share)}`,
    `  line ${line(({ bad }) => bad)}`,
    `  line ${line(({ towardsFailing }) => towardsFailing)}`,
    '```',
  ].join('\n');
}

const round = (value: number) => Math.round(value * 100) / 100;
