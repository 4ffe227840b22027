import type { Waiver } from '@tillgate/policy';
import { type Acceptance, digestOfValue, type Instant, instantOf, millisOf, type Sha256 } from '@tillgate/release';
import { packageReader, versionOf } from '../report/package-url.ts';
import type { Vulnerability } from '../report/report.ts';

/** What a waiver is held against. */
export interface WaiverScope {
  /** Digests by which the image is known: as the release names it, and of the platform's manifest. */
  images: readonly Sha256[];
  environment: string;
  emergency: boolean;
}

/** Why a waiver cannot count at this moment. */
type WaiverFault = 'expired' | 'ends-too-late';

interface Entry {
  waiver: Waiver;
  purl: string | undefined;
  version: string | undefined;
}

/** Waivers ready to be asked: found by the vulnerability's id, so that a thousand cost about as much as one. */
export interface WaiverBook {
  byVulnerability: ReadonlyMap<string, readonly Entry[]>;
  faults: ReadonlyMap<string, WaiverFault>;
}

/**
 * Sorts waivers for asking, and finds those that cannot count now.
 *
 * @param longestMs how far ahead a waiver may end
 */
export function waiverBook(waivers: readonly Waiver[], at: Instant, longestMs: number): WaiverBook {
  const byVulnerability = new Map<string, Entry[]>();
  const faults = new Map<string, WaiverFault>();
  const now = millisOf(at);
  const packageFor = packageReader();
  for (const waiver of waivers) {
    const ends = millisOf(waiver.expires);
    if (ends <= now) faults.set(waiver.id, 'expired');
    else if (ends > now + longestMs) faults.set(waiver.id, 'ends-too-late');
    const entry = { waiver, purl: packageFor(waiver.package), version: versionOf(waiver.package) };
    const there = byVulnerability.get(waiver.vulnerability);
    if (there) there.push(entry);
    else byVulnerability.set(waiver.vulnerability, [entry]);
  }
  return { byVulnerability, faults };
}

const NONE: readonly Waiver[] = [];

/** The waivers that speak of this vulnerability, whether or not they can count now. */
export function waiversFor(book: WaiverBook, found: Vulnerability, scope: WaiverScope): readonly Waiver[] {
  const named = book.byVulnerability.get(found.id);
  return named === undefined ? NONE : named.filter((entry) => fits(entry, found, scope)).map(({ waiver }) => waiver);
}

/** What a waiver grants. Its digest is over its content: a waiver that was edited is another waiver. */
export function acceptanceBy(waiver: Waiver): Acceptance {
  return {
    by: 'waiver',
    id: waiver.id,
    digest: digestOfValue(waiver),
    expires: instantOf(millisOf(waiver.expires)),
  };
}

function fits({ waiver, purl, version }: Entry, found: Vulnerability, scope: WaiverScope): boolean {
  if (waiver.environment !== undefined && waiver.environment !== scope.environment) return false;
  if (waiver.image !== undefined && !scope.images.includes(waiver.image)) return false;
  if (waiver.onlyFor === 'emergency' && !scope.emergency) return false;
  if (purl === undefined || purl !== found.purl) return false;
  return version === undefined || version === found.installed;
}
