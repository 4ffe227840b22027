import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cookies } from '../../packages/testbed/src/traffic/cookies.ts';
import { type Assets, type Version, wordIn, wordOf } from './module.ts';

/** Where everybody asks. */
export interface Door {
  host: string;
  port: number;
  /** The shop's name, by which the router knows it. */
  shop: string;
}

export interface Answer {
  status: number;
  /** The version that says it gave this answer; '' where none does. */
  version: string;
  /** Path that a redirect leads to; '' where it is none. */
  next: string;
  text: string;
  /** '' or why there is no answer. */
  error: string;
}

/** Longest that a browser is thought to wait, ms. */
const PATIENCE = 60_000;

/** A browser: what it is given as cookies it shows from then on. */
export class Visitor {
  readonly #cookies = new Cookies();
  readonly #door: Door;

  constructor(door: Door) {
    this.#door = door;
  }

  /** Asks once, and follows no redirect. With a form it is posted. Never throws: no answer is one too. */
  ask(path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const { host, port, shop } = this.#door;
    const body = form && new URLSearchParams(form).toString();
    const cookie = this.#cookies.header();
    const headers = {
      host: shop,
      ...(cookie !== undefined && { cookie }),
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    return new Promise((resolve) => {
      const nothing = ({ message }: Error) => resolve({ status: 0, version: '', next: '', text: '', error: message });
      const method = body === undefined ? 'GET' : 'POST';
      const sent = request({ host, port, path, method, headers, timeout: PATIENCE }, async (response) => {
        this.#cookies.take(response.headers['set-cookie']);
        const chunks: Buffer[] = [];
        for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
        const { location = '' } = response.headers;
        const target = new URL(location || '/', `http://${shop}`);
        resolve({
          status: response.statusCode ?? 0,
          version: String(response.headers['x-shop-version'] ?? ''),
          next: location && target.pathname + target.search,
          text: Buffer.concat(chunks).toString(),
          error: '',
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE} ms`)));
      sent.on('error', nothing).end(body);
    });
  }
}

/** One thing that somebody saw. */
export interface Seen {
  at: number;
  /** Who asked: in which way, for what. */
  what:
    | 'page'
    | 'asset in its session'
    | 'asset without a session'
    | 'page of somebody logged in'
    | 'asset of somebody logged in';
  path: string;
  /** The version whose page it is, or whose page names it. */
  version: string;
  status: number;
  error: string;
  /** The asset that was asked for was not there, and another one was named in its place. */
  elsewhere: boolean;
  /** It is an asset of the other version. */
  ofOther: boolean;
}

const ASSET = /["'](\/web\/assets\/[^"']+)["']/g;

/** The assets that a page names. */
export const assetsIn = (page: string): string[] => [
  ...new Set([...page.matchAll(ASSET)].map(([, path]) => path as string)),
];

/** Asks an asset as a browser does that has got a page of a version: also where it is sent elsewhere for it. */
export async function askAsset(
  visitor: Visitor,
  what: Seen['what'],
  path: string,
  version: string,
  assets: Assets,
): Promise<Seen> {
  const at = Date.now();
  const first = await visitor.ask(path);
  const { status, error, text } = first.next === '' ? first : await visitor.ask(first.next);
  const word = wordIn(text);
  const ofOther = word !== undefined && word !== wordOf(version as Version, assets);
  return { at, what, path, version, status, error, elsewhere: first.next !== '', ofOther };
}

/** Reads pages until it is over, one each some seconds and none at a time with another. */
export async function each(ms: number, signal: AbortSignal, turn: () => Promise<boolean>): Promise<void> {
  while (!signal.aborted) {
    const began = Date.now();
    if (!(await turn())) return;
    await sleep(Math.max(0, began + ms - Date.now()), undefined, { signal }).catch(() => {});
  }
}
