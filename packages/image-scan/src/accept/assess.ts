import { type Acceptance, type Instant, millisOf, type Sha256 } from '@tillgate/release';
import type { Comparison } from '../compare.ts';
import type { Vulnerability } from '../report/report.ts';
import type { Assessed, IdleAcceptance } from '../seen.ts';
import type { KnownExploited } from './known-exploited.ts';
import { acceptanceByVex, speaksOf, type VexStatement } from './openvex.ts';
import { acceptanceBy, type WaiverBook, type WaiverScope, waiversFor } from './waivers.ts';

/** Everything that can take a finding out of the judgement, or make it graver. */
interface Authorities {
  waivers: WaiverBook;
  vex: readonly VexStatement[];
  exploited: KnownExploited | undefined;
}

/** Notes which waivers and statements were of use. */
export type Used = Set<string>;

/** Says of each vulnerability of one platform whether it is new, exploited, and accepted by whom. */
export function assess(
  { new: fresh, unchanged }: Comparison,
  platform: string,
  authorities: Authorities,
  scope: WaiverScope,
  at: Instant,
  used: Used,
): Assessed[] {
  const vexById = byName(authorities.vex);
  const assessed =
    (state: 'new' | 'unchanged') =>
    (vulnerability: Vulnerability): Assessed => {
      const accepted = acceptanceOf(vulnerability, authorities.waivers, vexById, scope, at, used);
      return {
        vulnerability,
        platform,
        state,
        exploited: authorities.exploited?.ids.has(vulnerability.id) ?? false,
        ...(accepted && { accepted }),
      };
    };
  return [...fresh.map(assessed('new')), ...unchanged.map(assessed('unchanged'))];
}

/**
 * What production runs only because an emergency let it through does not count as running there: the next
 * ordinary release must answer for it. Such a waiver counts here also after it has expired.
 */
export function withoutEmergencies(
  baseline: readonly Vulnerability[],
  waivers: WaiverBook,
  scope: Omit<WaiverScope, 'emergency'>,
): Vulnerability[] {
  const inEmergency = { ...scope, emergency: true };
  return baseline.filter(
    (found) => !waiversFor(waivers, found, inEmergency).some(({ onlyFor }) => onlyFor === 'emergency'),
  );
}

/** Waivers and statements that changed nothing, each with the reason. */
export function idleAcceptances(
  { waivers, vex }: Authorities,
  { environment, images, emergency }: WaiverScope,
  at: Instant,
  used: Used,
): IdleAcceptance[] {
  const idle: IdleAcceptance[] = [];
  for (const { waiver } of [...waivers.byVulnerability.values()].flat()) {
    const elsewhere = waiver.environment !== undefined && waiver.environment !== environment;
    const otherImage = waiver.image !== undefined && !images.includes(waiver.image);
    if (elsewhere || otherImage || (waiver.onlyFor === 'emergency' && !emergency)) continue;
    const why = waivers.faults.get(waiver.id) ?? (used.has(waiver.id) ? undefined : 'unmatched');
    if (!why) continue;
    idle.push({
      id: waiver.id,
      kind: 'waiver',
      why,
      detail: `${waiver.vulnerability} in ${waiver.package}, until ${waiver.expires}`,
    });
  }
  for (const statement of vex) {
    const expired = millisOf(statement.expires) <= millisOf(at);
    if (used.has(vexName(statement)) && !expired) continue;
    const detail = `${statement.names[0]}, until ${statement.expires}`;
    idle.push({ id: statement.document, kind: 'vex', why: expired ? 'expired' : 'unmatched', detail });
  }
  return idle;
}

function acceptanceOf(
  found: Vulnerability,
  waivers: WaiverBook,
  vex: ReadonlyMap<string, readonly VexStatement[]>,
  scope: WaiverScope,
  at: Instant,
  used: Used,
): Acceptance | undefined {
  for (const waiver of waiversFor(waivers, found, scope)) {
    used.add(waiver.id);
    if (!waivers.faults.has(waiver.id)) return acceptanceBy(waiver);
  }
  for (const statement of vex.get(found.id) ?? []) {
    if (!speaksOf(statement, found, scope.images)) continue;
    used.add(vexName(statement));
    if (millisOf(statement.expires) > millisOf(at)) return acceptanceByVex(statement);
  }
  return undefined;
}

function byName(vex: readonly VexStatement[]): Map<string, VexStatement[]> {
  const found = new Map<string, VexStatement[]>();
  for (const statement of vex) {
    for (const name of statement.names) found.set(name, [...(found.get(name) ?? []), statement]);
  }
  return found;
}

function vexName({ document, names }: VexStatement): string {
  return `${document} ${names[0]}`;
}

/** Digests by which an image is known to waivers and statements. */
export function knownAs(...digests: (Sha256 | undefined)[]): Sha256[] {
  return [...new Set(digests.filter((digest) => digest !== undefined))];
}
