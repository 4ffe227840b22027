import { describe, expect, it } from '@jest/globals';
import { cutSummary, plain, SUMMARY_LIMIT, table, visible } from './markdown.ts';
import { harmless } from './runner-log.ts';

describe('plain', () => {
  it.each([
    ['a pipe', 'a | b'],
    ['code', '`rm -rf`'],
    ['a link', '[click](https://evil.example)'],
    ['an image', '![x](https://evil.example/p.png)'],
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['a comment', '<!-- hidden -->'],
    ['emphasis', '**bold** __x__ ~~y~~'],
    ['a mention', '@everyone'],
    ['an issue', '#1'],
    ['a bare address', 'see https://evil.example or www.evil.example'],
    ['an entity', '&lt;b&gt;'],
    ['a formula', '$x$'],
    ['a backslash before a pipe', '\\|'],
  ])('writes %s without the characters that would do something', (_, text) => {
    const written = plain(text);
    expect(written.replace(/&(#\d+|amp|lt|gt);/g, '')).not.toMatch(/[|`[\]<>*_~@#$\\!]|:\/\/|www\./);
    expect(shown(written)).toBe(text);
  });

  it('is one line, without what nobody sees', () => {
    expect(plain('a\r\nb\u2028c\td')).toBe('a b c d');
    expect(plain('pass\u202E\u2066 \u200Bfail\u0000\u001b[31mred\u001b[0m')).toBe('pass failred');
  });

  it('is cut where it is too long, and says so', () => {
    expect(plain('x'.repeat(600))).toBe(`${'x'.repeat(499)}…`);
    expect(plain('😀'.repeat(10), 6).isWellFormed()).toBe(true);
  });
});

describe('visible', () => {
  it.each([
    ['\u001b[2J\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]8;;https://evil.example\u0007text\u001b]8;;\u0007', 'text'],
    ['a\u202Eb\u2069c\uFEFF', 'abc'],
    ['tab\tand\nline', 'tab\tand\nline'],
    ['Ä 漢 😀', 'Ä 漢 😀'],
  ])('%j is %j', (text, seen) => expect(visible(text)).toBe(seen));
});

describe('a line for the log', () => {
  it.each([
    '::set-output name=outcome::pass',
    '  ::add-mask::x',
    '::stop-commands::token',
    '\u200B::error::x',
    '##[set-output name=outcome;]pass',
    'text ##[command]x',
    '##\u200B[error]x',
    'first\n::error::second',
    'first\r::error::second',
    'first\r\n::error::second',
    'first\u2028::error::second',
    '\u001b[0m::error::x',
  ])('%j is no command to the runner', (text) => {
    for (const line of harmless(text).split(/\r\n|[\r\n\u0085\u2028\u2029]/)) {
      expect(line.trimStart()).not.toMatch(/^::/);
      expect(line).not.toContain('##[');
    }
  });

  it('is what it was when it is harmless', () => {
    expect(harmless('a::b  c: d\n\tindented')).toBe('a::b  c: d\n\tindented');
  });
});

describe('a table', () => {
  it('keeps its cells whatever is in them', () => {
    const rows = [[plain('a | b'), plain('c\nd')]];
    const lines = table(['x', 'y'], rows).split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.split('|')).toHaveLength(4);
  });
  it('is nothing without rows', () => expect(table(['x'], [])).toBe(''));
});

describe('a summary', () => {
  it('stays as it is while GitHub takes it', () => expect(cutSummary('a\nb\n')).toBe('a\nb\n'));

  it.each([
    ['of many lines', '| ä | 漢 |\n'.repeat(200_000)],
    ['of one line', '漢'.repeat(600_000)],
  ])('%s is cut to what GitHub takes', (_, long) => {
    const cut = cutSummary(long);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(cut).toContain('The rest was cut');
    expect(cut.endsWith('\n')).toBe(true);
  });
});

/** What a reader sees of text with entities. */
function shown(markdown: string): string {
  return markdown
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
