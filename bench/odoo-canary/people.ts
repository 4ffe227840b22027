import { until } from '../../packages/testbed/src/until.ts';
import { type LoggedIn, nobodyYet, work } from './logged-in.ts';
import type { Assets } from './module.ts';
import { readPages } from './readers.ts';
import type { Door, Seen } from './visitor.ts';

/** Sessions that are logged in before the release begins, and as many again once the new version has been met. */
const WORKING = 3;

/** The new version is met after its pods have started, which takes real Odoos minutes on a small machine. */
const LONGEST_WAIT = 900_000;

/** People who read pages with all that these name, and people who are logged in and stay, until they are stopped. */
export async function meet(door: Door, user: { login: string; password: string }, assets: Assets) {
  const stopping = new AbortController();
  const seen: Seen[] = [];
  const people = nobodyYet();
  const { signal } = stopping;
  const begin = () => Array.from({ length: WORKING }, () => work(door, user, assets, { seen, people }, signal));
  const later = async () => {
    await until(
      'a page of the new version',
      () => signal.aborted || seen.some(({ version }) => version === 'new'),
      LONGEST_WAIT,
    );
    if (!signal.aborted) await Promise.all(begin());
  };
  const all = Promise.all([readPages(door, assets, seen, signal), ...begin(), later()]);
  all.catch(() => stopping.abort()); // told to who stops them
  await until('people are logged in', () => signal.aborted || people.sessions === WORKING);
  return {
    /** @throws Error where somebody could not begin at all */
    async stop(): Promise<{ seen: Seen[]; people: LoggedIn }> {
      stopping.abort();
      await all;
      return { seen, people };
    },
  };
}
