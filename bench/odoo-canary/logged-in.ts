import type { Assets } from './module.ts';
import { askAsset, assetsIn, type Door, each, type Seen, Visitor } from './visitor.ts';

/** ms between the pages of one session. */
const PAUSE = 10_000;

/** Sessions of people who work: whether each is still logged in. */
export interface LoggedIn {
  sessions: number;
  /** The versions that each met when it logged in. */
  cameTo: string[];
  /** What became of those that are no longer: which page told them to log in. */
  lost: string[];
}

export const nobodyYet = (): LoggedIn => ({ sessions: 0, cameTo: [], lost: [] });

/**
 * Logs in as people do, in the form that the login page has, and works on in that session until it is over: the web client
 * with the assets that it names. A page that sends somebody to log in again is a session lost.
 *
 * @throws Error where nobody can log in at all
 */
export async function work(
  door: Door,
  user: { login: string; password: string },
  assets: Assets,
  told: { seen: Seen[]; people: LoggedIn },
  signal: AbortSignal,
): Promise<void> {
  const { seen, people } = told;
  const visitor = new Visitor(door);
  const page = await visitor.ask('/web/login');
  const token = /name="csrf_token" value="([^"]+)"/.exec(page.text)?.[1];
  if (token === undefined) throw new Error(`The login page has no form: ${page.status} ${page.error}`);
  const entered = await visitor.ask('/web/login', { ...user, csrf_token: token });
  if (entered.status !== 303 || entered.next.startsWith('/web/login')) {
    throw new Error(`Nobody can log in: ${entered.status} ${entered.error}, to ${entered.next || 'nowhere'}`);
  }
  people.sessions += 1;
  people.cameTo.push(entered.version);
  await each(PAUSE, signal, async () => {
    const at = Date.now();
    const { status, error, version, next, text } = await visitor.ask('/odoo');
    const what = 'page of somebody logged in';
    seen.push({ at, what, path: '/odoo', version, status, error, elsewhere: next !== '', ofOther: false });
    if (next.startsWith('/web/login')) {
      people.lost.push(`${version} at ${new Date(at).toISOString()}`);
      return false;
    }
    for (const path of assetsIn(text)) {
      seen.push(await askAsset(visitor, 'asset of somebody logged in', path, version, assets));
    }
    return true;
  });
}
