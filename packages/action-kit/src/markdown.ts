import { stripVTControlCharacters } from 'node:util';

/** Control, format and direction characters, and exotic line ends; tab and line feed stay. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Takes out what a terminal or a browser would act on instead of show. */
export function visible(text: string): string {
  return stripVTControlCharacters(text).replace(UNSEEN, '');
}

/**
 * Text of unknown origin as one line of Markdown that shows what it says and does nothing else: no table
 * cell is broken, no link, image, mention, HTML or code span begins.
 *
 * @param limit characters after which it is cut
 */
export function plain(text: string, limit = 500): string {
  const line = visible(text.replace(/\s+/g, ' ')).trim();
  const cut = line.length > limit ? `${line.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
  return cut
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#!|~$]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('@', '&#64;')
    .replaceAll('://', '&#58;//')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}&#46;`);
}

/** A Markdown table; cells must be Markdown already (`plain` makes them so). */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Lines of what happened that a summary shows: the last ones. */
const HAPPENED = 100;

/** What happened, and when (ms), as a table; of much, the end. */
export function happened(lines: readonly { at: number; text: string }[]): string {
  return table(
    ['at', 'what'],
    lines.slice(-HAPPENED).map(({ at, text }) => [new Date(at).toISOString().slice(11, 19), plain(text)]),
  );
}

/** GitHub refuses a summary of more than this many bytes, all steps of a job each for themselves. */
export const SUMMARY_LIMIT = 1_000_000;

/** Cuts a summary to what GitHub takes, at the end of a line, and says so. */
export function cutSummary(markdown: string): string {
  if (Buffer.byteLength(markdown) <= SUMMARY_LIMIT) return markdown;
  const kept = Buffer.from(markdown)
    .subarray(0, SUMMARY_LIMIT - 200)
    .toString('utf8');
  return `${kept.slice(0, kept.lastIndexOf('\n'))}\n\n_The rest was cut: a summary has at most 1 MiB. The document holds everything._\n`;
}
