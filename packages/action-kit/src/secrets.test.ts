import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { plain } from './markdown.ts';
import { noSecrets } from './secrets.ts';

jest.spyOn(process.stdout, 'write').mockImplementation(() => true); // the runner is told what to mask

const TOKEN = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a+/=?&"{}';
const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  'MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v',
  'VpgdRyqCCTmqXAv5n9y0NnCq',
  '-----END PRIVATE KEY-----',
  '',
].join('\n');

function knowing(...values: string[]) {
  const secrets = noSecrets();
  for (const value of values) secrets.add(value);
  return secrets;
}
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret is taken out of a text', () => {
  it.each([
    ['as it is', TOKEN],
    ['in a URL as a user', `https://x:${TOKEN}@host/`],
    ['in a URL as a parameter', `https://host/?t=${encodeURIComponent(TOKEN)}`],
    ['in a form', new URLSearchParams({ t: `${TOKEN}` }).toString()],
    ['in JSON', JSON.stringify({ t: TOKEN })],
    ['in Markdown', plain(`the token ${TOKEN} is refused`)],
    ['in base64', base64(TOKEN)],
    ['in base64 in a URL', `https://host/?t=${encodeURIComponent(base64(TOKEN))}`],
    ['as Basic authorization', `Basic ${base64(`x-access-token:${TOKEN}`)}`],
    ['in base64url', Buffer.from(`{"t":"${TOKEN}"}`).toString('base64url')],
    ['twice', TOKEN + TOKEN],
  ])('%s', (_, text) => {
    const clean = knowing(TOKEN).redact(text);
    expect(clean).toContain('***');
    expect(clean).not.toContain(TOKEN.slice(4, 30));
    expect(readings(clean).filter((reading) => reading.includes(TOKEN.slice(8, 30)))).toEqual([]);
  });

  it('in base64, whatever stands before and after it', () => {
    const secret = fc.string({ minLength: 12, maxLength: 60, unit: fc.constantFrom(...'abcXYZ019_-') });
    fc.assert(
      fc.property(
        secret,
        fc.string({ maxLength: 9 }),
        fc.string({ maxLength: 9 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (value, before, after, form) => {
          const clean = knowing(value).redact(Buffer.from(before + value + after).toString(form));
          expect(readings(clean).filter((reading) => reading.includes(value))).toEqual([]);
        },
      ),
    );
  });

  it('of several lines: whole, line by line, and with the line ends of JSON', () => {
    for (const text of [
      PEM,
      PEM.replaceAll('\n', '\r\n'),
      JSON.stringify({ key: PEM }),
      PEM.split('\n')
        .map((line) => `> ${line}`)
        .join('\n'),
    ]) {
      const clean = knowing(PEM).redact(text);
      for (const line of PEM.split('\n').slice(1, 3)) expect(clean).not.toContain(line);
    }
    expect(knowing(PEM.replaceAll('\n', '\r\n')).redact(PEM)).not.toContain('VpgdRyqCCTmqXAv5n9y0NnCq');
  });

  it('out of values without harm to their structure', () => {
    const config = '{\n "name": "production",\n "token": "secret-of-the-cluster"\n}';
    const value = {
      name: 'production',
      list: ['secret-of-the-cluster', 1, null, true],
      'secret-of-the-cluster': { deep: base64('a: secret-of-the-cluster') },
    };
    const clean = knowing(config, 'secret-of-the-cluster').redactAll(value);
    expect(clean).toMatchObject({ name: 'production', list: ['***', 1, null, true], '***': {} });
    expect(JSON.parse(JSON.stringify(clean, null, 1))).toEqual(clean);
  });
});

it('tells the runner each form once, and never masks a brace or a short line', () => {
  const told: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => told.push(String(text)) > 0);
  const secrets = knowing('{\n"k": 1\n}', 'short');
  secrets.add('{\n"k": 1\n}');
  const masks = told
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('::add-mask::'))
    .map((line) => line.slice(12));
  expect(new Set(masks).size).toBe(masks.length);
  expect(masks.filter((mask) => mask.length < 8)).toEqual([]);
  expect(secrets.redact('{ } short')).toBe('{ } short');
});

/** What a text says when its base64 is read, at every offset at which it could begin. */
function readings(text: string): string[] {
  const runs = text.match(/[A-Za-z0-9+/_-]{8,}/g) ?? [];
  return [
    text,
    ...runs.flatMap((run) => [0, 1, 2, 3].map((at) => Buffer.from(run.slice(at), 'base64').toString('latin1'))),
  ];
}
