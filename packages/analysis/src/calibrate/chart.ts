import type { Detection, Judged } from './calibrate.ts';

const [WIDTH, HEIGHT, LEFT, TOP, GAP] = [420, 180, 50, 40, 70];
/** Where the axis of time begins, s. */
const FIRST = 10;
const TICKS: Readonly<Record<number, string>> = {
  10: '10 s',
  60: '1 min',
  300: '5 min',
  900: '15 min',
  3600: '1 h',
  21600: '6 h',
  86400: '24 h',
};
const COLOURS = ['#b8c4d6', '#7b9cc9', '#3c6fb4', '#123f7d', '#041a38'];

/**
 * Time to detection as a picture (SVG): for each metric, which part of the runs had failed after such a time, a line for
 * each effect. The dashed line is the part of good releases that were failed by the end.
 *
 * @param watch length of a run, s
 */
export function chartOf({ alarms, detections }: Judged, watch: number): string {
  const metrics = [...Map.groupBy(detections, ({ metric }) => metric)];
  const height = TOP + metrics.length * (HEIGHT + GAP);
  const panels = metrics.map(([metric, own], index) =>
    panel(metric, own, alarms.failed.share, watch, TOP + index * (HEIGHT + GAP)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 130}" height="${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    '<text x="10" y="20" font-size="14">Part of the runs that had failed after such a time</text>',
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel(metric: string, own: readonly Detection[], alarms: number, watch: number, top: number): string {
  // By powers, because what matters is the difference between half a minute and five.
  const x = (seconds: number) => {
    const part = Math.log(Math.max(FIRST, seconds) / FIRST) / Math.log(Math.max(10 * FIRST, watch) / FIRST);
    return round(LEFT + Math.min(1, part) * WIDTH);
  };
  const y = (share: number) => round(top + 20 + (1 - share) * HEIGHT);
  const grid = [0, 0.5, 1].map(
    (share) =>
      `<path d="M${LEFT} ${y(share)}h${WIDTH}" stroke="#dddddd"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${share * 100} %</text>`,
  );
  const ticks = Object.entries(TICKS)
    .filter(([seconds]) => Number(seconds) <= watch)
    .map(
      ([seconds, label]) =>
        `<path d="M${x(Number(seconds))} ${y(0)}v4" stroke="#666666"/><text x="${x(Number(seconds))}" y="${y(0) + 16}" text-anchor="middle">${label}</text>`,
    );
  const lines = own.map(({ more, seconds }, index) => {
    const colour = COLOURS[Math.min(index, COLOURS.length - 1)];
    const found = seconds.filter((each) => each <= watch);
    const steps = found.map((each, at) => `H${x(each)}V${y((at + 1) / seconds.length)}`).join('');
    const label = `<text x="${LEFT + WIDTH + 8}" y="${top + 34 + index * 16}" fill="${colour}">${round(more * 100)} % more bad</text>`;
    return `<path d="M${LEFT} ${y(0)}${steps}H${LEFT + WIDTH}" fill="none" stroke="${colour}" stroke-width="2"/>${label}`;
  });
  const dashed = `<path d="M${LEFT} ${y(alarms)}h${WIDTH}" stroke="#b00020" stroke-dasharray="4 3"/>`;
  return [
    `<text x="${LEFT}" y="${top + 10}" font-weight="bold">${escaped(metric)}</text>`,
    ...grid,
    ...ticks,
    ...lines,
    dashed,
  ].join('\n');
}

const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
