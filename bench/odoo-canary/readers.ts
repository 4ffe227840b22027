import type { Assets } from './module.ts';
import { askAsset, assetsIn, type Door, each, type Seen, Visitor } from './visitor.ts';

/** ms between the pages that are read: each brings all its assets, twice. */
const PAUSE = 5_000;

/**
 * Reads a page every few seconds with what that very page names: as somebody new, who gets whichever version, and in turn as
 * somebody who came before, of the version whose pages were met less often. Each asset is asked in the page's session, and by
 * nobody known: so a browser that dropped its cookies asks, and a cache in front.
 */
export async function readPages(door: Door, assets: Assets, seen: Seen[], signal: AbortSignal): Promise<void> {
  const known = new Map<string, { visitor: Visitor; pages: number }>();
  let anew = true;
  await each(PAUSE, signal, async () => {
    const [rarest] = [...known.values()].sort((one, other) => one.pages - other.pages);
    const visitor = anew || !rarest ? new Visitor(door) : rarest.visitor;
    anew = !anew;
    const at = Date.now();
    const { status, error, version, text } = await visitor.ask('/web/login');
    seen.push({ at, what: 'page', path: '/web/login', version, status, error, elsewhere: false, ofOther: false });
    if (version === '') return true;
    known.set(version, { visitor, pages: (known.get(version)?.pages ?? 0) + 1 });
    for (const path of assetsIn(text)) {
      seen.push(await askAsset(visitor, 'asset in its session', path, version, assets));
      seen.push(await askAsset(new Visitor(door), 'asset without a session', path, version, assets));
    }
    return true;
  });
}
