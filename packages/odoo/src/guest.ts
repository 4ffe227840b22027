import { errorOf, toldException } from './classify.ts';
import { OdooError } from './errors.ts';
import type { Page, PostOptions, Server } from './http.ts';
import { jsonOf } from './transport.ts';

/** Somebody from the street on the public website: nobody knows them but by the cookies that they are given. */
export interface Guest {
  /** Reads a page for people; redirects on the same server are followed. @throws OdooError */
  page(path: string): Promise<string>;
  /** Calls a route of the website that takes and gives JSON, as its pages do. @throws OdooError */
  call(path: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}

type Limits = Omit<PostOptions, 'headers'>;

/** Odoo counts a visit of everybody whose name does not say that they are a machine. */
const NOBODY = 'tillgate (bot)';

/** More redirects than this lead nowhere. */
const MOST_REDIRECTS = 5;

/** Opens the website of a database without logging in. Where the server serves several, it is told which. */
export function enter(server: Server, database: string, limits: Limits): Guest {
  const jar = new Map<string, string>();
  const headers = (): Record<string, string> => ({
    'user-agent': NOBODY,
    ...(jar.size > 0 && { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
  });
  const keep = (cookies: readonly string[]) => {
    for (const cookie of cookies) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined) jar.set(name.trim(), value ?? '');
    }
  };
  const open = async (path: string): Promise<Page> => {
    let next = path;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const page = await server.get(next, { ...limits, headers: headers() });
      keep(page.cookies);
      if (page.next === undefined) return page;
      next = page.next;
    }
    throw new OdooError('not-odoo', `${path}: redirected more than ${MOST_REDIRECTS} times.`);
  };
  return {
    async page(path) {
      let page = await open(path);
      if (page.status === 404 && page.text.includes('No database is selected')) {
        await open(`/web/login?db=${encodeURIComponent(database)}`); // the session remembers it
        page = await open(path);
      }
      if (page.status === 200) return page.text;
      throw pageError(path, page);
    },
    async call(path, params) {
      const body = { jsonrpc: '2.0', method: 'call', params };
      const answer = await server.post(path, body, { ...limits, headers: headers() });
      keep(answer.cookies);
      const { error, result = null } = (jsonOf(path, answer) ?? {}) as { error?: { data?: unknown }; result?: unknown };
      if (error === undefined) return result;
      const told = toldException(error.data);
      if (told) throw errorOf(path, told, answer.status);
      throw new OdooError('not-odoo', `${path}: answered with an error that is none of Odoo's.`, {
        status: answer.status,
      });
    },
  };
}

function pageError(path: string, { status }: Page): OdooError {
  const what = `${path}: the website answered ${status}`;
  if ([502, 503, 504].includes(status)) {
    return new OdooError('unavailable', `${what}: a proxy is there and Odoo is not.`, { status });
  }
  const reason = status === 404 ? 'not-found' : status === 401 || status === 403 ? 'forbidden' : 'broken';
  return new OdooError(reason, `${what}.`, { status });
}
