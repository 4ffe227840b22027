import type { Point } from './timeline.ts';

/** Points that a chart in a summary can still show. */
const MOST = 40;

/** What a chart may draw, in the order in which it is named. */
const LINES = [
  ['share', 'share of the candidate'],
  ['bad', 'bad requests'],
  ['towardsFailing', 'evidence towards failing'],
] as const;

/**
 * A Mermaid chart over seconds since the first point, all in percent: the share of the candidate, and bad requests and
 * evidence where any were seen. Empty where there is nothing to draw. It has no names but ours.
 */
export function chartOf(points: readonly Point[]): string {
  const [first] = points;
  if (!first || points.length < 2) return '';
  const every = Math.ceil(points.length / MOST);
  const kept = points.filter((_, index) => index % every === 0 || index === points.length - 1);
  const line = (value: (point: Point) => number | null) =>
    `[${kept.map((point) => round(value(point) ?? 0)).join(', ')}]`;
  const drawn = LINES.filter(([of]) => points.some((point) => point[of] !== null));
  const title = drawn.map(([, name]) => name).join(', ');
  return [
    '```mermaid',
    'xychart-beta',
    `  title "In percent: ${title}"`,
    `  x-axis "seconds" [${kept.map(({ at }) => Math.round((at - first.at) / 1000)).join(', ')}]`,
    '  y-axis "percent" 0 --> 100',
    ...drawn.map(([of]) => `  line ${line((point) => point[of])}`),
    '```',
  ].join('\n');
}

const round = (value: number) => Math.round(value * 100) / 100;
