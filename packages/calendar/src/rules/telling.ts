import { type Finding, formatDuration, millisOf, type RuleId, type Severity } from '@tillgate/release';
import type { FreezeSeen, MetWindow } from '../seen.ts';

/** What the rules on windows share: how a window is told to people, and what to do about it. */
export function windowFinding(
  rule: RuleId,
  severity: Severity,
  met: MetWindow,
  message: string,
  remedy: string,
): Finding {
  return {
    rule,
    key: `${met.window}@${met.start}`,
    severity,
    message,
    place: `calendar.windows.${met.window}`,
    remedy,
    ...(met.lift &&
      severity === 'fail' && { accepted: { by: 'exception', digest: met.lift.document, ...lifted(met) } }),
  };
}

function lifted({ lift }: MetWindow): { id: string; expires: string } {
  return { id: lift?.id ?? '', expires: lift?.expires ?? '' };
}

/** `the freeze "peak-week" (block, until 2024-12-03T00:00 Europe/Berlin; Black Friday to Cyber Monday)`. */
export function named(met: MetWindow): string {
  const what = met.kind === 'freeze' ? 'the freeze' : 'the time outside allow window';
  const until = met.kind === 'freeze' ? 'until' : 'which opens';
  const whom = met.units.length === 1 && met.units[0] === '*' ? '' : `; ${tenants(met.units)}`;
  const reason = met.reason === undefined ? '' : `; ${met.reason}`;
  return `${what} "${met.window}" (${met.level}, ${until} ${met.localEnd}${reason}${whom})`;
}

function tenants(units: readonly string[]): string {
  const shown = units.slice(0, 5).join(', ');
  return `${units.length} tenant(s): ${shown}${units.length > 5 ? ` and ${units.length - 5} more` : ''}`;
}

/** When there is room, and for what: the sentence that ends every blocking message. */
export function whenThereIsRoom(seen: FreezeSeen): string {
  const need = needed(seen);
  if (seen.nextOpening === undefined) return `Within 400 days there is no opening that fits ${need}.`;
  const until = seen.opensUntil === undefined ? '' : ` (open until ${seen.opensUntil})`;
  return `The next opening that fits ${need} is ${seen.nextOpening}${until}.`;
}

export function needed({ deployMs, watchMs }: FreezeSeen): string {
  return `${formatDuration(deployMs)} of deployment and ${formatDuration(watchMs)} of watch`;
}

/** Whether the moment asked about lies inside the window, or the window begins later. */
export function hasBegun(met: MetWindow, seen: FreezeSeen): boolean {
  return millisOf(met.start) <= millisOf(seen.at);
}

/** Recovery is never held up: what would block a release is only told. */
export function unlessRecovery(seen: FreezeSeen, severity: Severity): Severity {
  return seen.purpose === 'recovery' ? 'note' : severity;
}

export const WAIT =
  'Wait for the next opening, or have an exception for this release approved by another person and put beside the policy.';
const ONLY_EMERGENCY =
  'Wait for the next opening. No exception lifts this level; only an emergency declared in the policy passes.';

export function remedyFor(met: MetWindow): string {
  return met.level === 'block-all-but-emergency' ? ONLY_EMERGENCY : WAIT;
}
