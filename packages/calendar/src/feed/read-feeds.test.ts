import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CalendarPolicy, calendarSection } from '@tillgate/policy';
import { FEED_LIMIT } from './limit.ts';
import { readFeeds } from './read-feeds.ts';

const FEED = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:x',
  'BEGIN:VEVENT',
  'UID:1',
  'DTSTART:20261127T080000Z',
  'DTEND:20261127T200000Z',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');
const NOW = Date.UTC(2026, 10, 27, 10);
const HOUR = 3_600_000;

let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: IncomingMessage[];
let copies: string;

beforeEach(async () => {
  asked = [];
  copies = await mkdtemp(join(tmpdir(), 'feeds-'));
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(copies, { recursive: true });
});

const good = (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { etag: '"one"' }).end(FEED);
};

/** Reads the feed `promotions` of a calendar, at a moment. */
async function read(now = NOW, change: Partial<CalendarPolicy['feeds'][string]> = {}, keep: string | null = copies) {
  const calendar = calendarSection.parse({
    windows: { sale: { kind: 'freeze', feed: { name: 'promotions' } } },
    feeds: { promotions: { url: 'https://calendar.example/feed.ics', maxAge: '6h', timeout: '1s' } },
  });
  // the schema takes https only; the server of this test is plain
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.ics?key=secret`;
  calendar.feeds.promotions = { ...calendar.feeds.promotions, url, ...change } as CalendarPolicy['feeds'][string];
  const world = {
    now: () => now,
    signal: new AbortController().signal,
    copies: keep ?? undefined,
    readTrusted: async (path: string) => Buffer.from(path === 'sale.ics' ? FEED : 'nothing'),
  };
  return (await readFeeds(calendar, now, world)).get('promotions');
}

describe('a feed from an address', () => {
  it('is read, kept, and asked for again only if it changed', async () => {
    answer = good;
    const first = await read();
    expect(first?.seen).toMatchObject({ state: 'fresh', note: '1 events', goodUntil: '2026-11-27T16:00:00.000Z' });
    answer = (request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"one"' ? 304 : 500).end();
    };
    const second = await read(NOW + 5 * HOUR);
    expect(second?.seen).toMatchObject({ state: 'fresh', goodUntil: '2026-11-27T21:00:00.000Z' });
    expect(second?.recurrences?.zoned.get('UTC')).toBeDefined();
    // a 304 renews the copy
    answer = (_, response) => void response.writeHead(503).end();
    expect((await read(NOW + 10 * HOUR))?.seen.state).toBe('kept');
  });

  it.each([
    [
      'answers with an error',
      (_: IncomingMessage, response: ServerResponse) => void response.writeHead(503).end(),
      /answered 503/,
    ],
    ['breaks off', (request: IncomingMessage) => void request.socket.destroy(), /could not be reached/],
    ['does not answer', () => undefined, /did not answer in time/],
    [
      'sends no calendar',
      (_: IncomingMessage, response: ServerResponse) => void response.end('<html>'),
      /no iCalendar/,
    ],
    [
      'sends without end',
      (_: IncomingMessage, response: ServerResponse) => {
        const flood = () => {
          while (response.write(Buffer.alloc(1024 * 1024, 'x')));
        };
        response.on('drain', flood);
        flood();
      },
      new RegExp(`more than the ${FEED_LIMIT} bytes`),
    ],
  ])('that %s is unreadable, without its address in the note', async (_, behaviour, reason) => {
    answer = behaviour;
    const found = await read();
    expect(found?.seen.state).toBe('unreadable');
    expect(found?.seen.note).toMatch(reason);
    expect(found?.seen.note).not.toMatch(/secret|127\.0\.0\.1/);
    expect(found?.recurrences).toBeUndefined();
  });

  it('that cannot be reached is read from its copy while that is young enough', async () => {
    answer = good;
    await read();
    answer = (_, response) => void response.writeHead(503).end();
    const young = await read(NOW + 5 * HOUR);
    expect(young?.seen).toMatchObject({
      state: 'kept',
      note: '1 events in a copy of 5 h, because its server answered 503',
    });
    expect(young?.recurrences).toBeDefined();
    const old = await read(NOW + 7 * HOUR);
    expect(old?.seen.state).toBe('stale');
    expect(old?.recurrences).toBeUndefined();
  });

  it('keeps nothing where no folder is named', async () => {
    answer = good;
    await read(NOW, {}, null);
    answer = (_, response) => void response.writeHead(503).end();
    expect((await read(NOW, {}, null))?.seen.note).toMatch(/no copy of it/);
  });

  it.each([
    ['damaged', (text: string) => text.slice(0, 40)],
    [
      'from the future, so that it would never grow old',
      (text: string) => text.replace(String(NOW), String(NOW + 1e12)),
    ],
    ['of another address', (text: string) => text.replace('feed.ics', 'other.ics')],
  ])('takes no copy that is %s', async (_, spoil) => {
    answer = good;
    await read();
    const [file = ''] = await readdir(copies);
    await writeFile(join(copies, file), spoil(await readFile(join(copies, file), 'utf8')));
    answer = (_request, response) => void response.writeHead(503).end();
    expect((await read())?.seen.state).toBe('unreadable');
  });
});

describe('a feed from a file', () => {
  it('is read from where the policy comes from', async () => {
    expect((await read(NOW, { url: undefined, file: 'sale.ics' }))?.seen.state).toBe('fresh');
    expect((await read(NOW, { url: undefined, file: 'other.ics' }))?.seen.state).toBe('unreadable');
    expect(asked).toEqual([]);
  });
});
