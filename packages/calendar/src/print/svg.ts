import type { FreezeLevel } from '@tillgate/policy';
import { weekdayOf } from '../wall.ts';
import { dayViews, type Year } from './year.ts';

const CELL = 26;
const LEFT = 48;
const TOP = 64;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Told by letter as well as by colour: not everybody sees both. */
const LOOKS: Readonly<Record<FreezeLevel, { fill: string; letter: string; meaning: string }>> = {
  advise: { fill: '#f2d16b', letter: 'a', meaning: 'the calendar advises against it' },
  block: { fill: '#e8835a', letter: 'b', meaning: 'closed, unless an exception is approved' },
  'block-all-but-emergency': { fill: '#b5384a', letter: 'E', meaning: 'closed for all but emergencies' },
};

/** A year as a picture: a row a month, a square a day, filled as far as the day is frozen. */
export function yearAsSvg(year: Year, title: string): string {
  const views = dayViews(year);
  const squares = year.days.map(({ wall }, index) => {
    const date = new Date(wall);
    const x = LEFT + (date.getUTCDate() - 1) * CELL;
    const y = TOP + date.getUTCMonth() * CELL;
    const view = views[index];
    const look = view?.level && LOOKS[view.level];
    const height = Math.max(view?.frozen ?? 0, look ? 0.15 : 0) * (CELL - 2);
    const tip = [date.toISOString().slice(0, 10), ...(view?.windows ?? [])].join(' ');
    return [
      `<g><title>${escaped(tip)}</title>`,
      `<rect x="${x}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" fill="${weekdayOf(wall) > 4 ? '#e4e7eb' : '#f4f5f7'}"/>`,
      look
        ? `<rect x="${x}" y="${number(y + CELL - 2 - height)}" width="${CELL - 2}" height="${number(height)}" fill="${look.fill}"/>`
        : '',
      look ? text(x + CELL / 2 - 1, y + 17, look.letter, 'middle') : '',
      view && view.allowed > 0 && view.allowed < 1
        ? `<rect x="${x}" y="${y}" width="${number(view.allowed * (CELL - 2))}" height="3" fill="#2f7d4f"/>`
        : '',
      '</g>',
    ].join('');
  });
  const width = LEFT + 31 * CELL + 16;
  const legend = Object.values(LOOKS).map(
    ({ fill, letter, meaning }, index) =>
      `<rect x="${LEFT}" y="${TOP + 12 * CELL + 12 + index * 20}" width="14" height="14" fill="${fill}"/>` +
      text(LEFT + 22, TOP + 12 * CELL + 24 + index * 20, `${letter}: ${meaning}`),
  );
  const open = TOP + 12 * CELL + 12 + legend.length * 20;
  const height = open + 36;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="26" font-size="18">${escaped(title)}</text>`,
    ...Array.from({ length: 31 }, (_, day) =>
      text(LEFT + day * CELL + CELL / 2 - 1, TOP - 8, String(day + 1), 'middle'),
    ),
    ...MONTHS.map((month, index) => text(8, TOP + index * CELL + 17, month)),
    ...squares,
    ...legend,
    `<rect x="${LEFT}" y="${open + 5}" width="14" height="3" fill="#2f7d4f"/>`,
    text(LEFT + 22, open + 12, 'share of the day that allow windows name'),
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor = 'start'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
