import { defineGate, inWorkspace, plain, table } from '@tillgate/action-kit';
import { FEED_LIMIT, type FreezeSeen, freezeQuestion, freezeRules, lookAtCalendar } from '@tillgate/calendar';
import { readBounded } from '@tillgate/host';
import { formatDuration } from '@tillgate/release';
import { inputs } from './inputs.ts';

export const gate = defineGate({
  gate: 'freeze-window-check',
  title: 'Freeze window check',
  description:
    'Asks the retail calendar in the policy whether this release may go now, and whether deployment and watch end before the next freeze.',
  inputs,
  outputs: {
    window: 'Name of the window that decided; empty when nothing is in the way.',
    'next-opening': 'The next time at which deployment and watch fit; empty when there is none within 400 days.',
    'closes-at': 'When the present opening ends; empty when not within 400 days.',
    fits: '`true` when deployment and watch end before the next freeze.',
  },
  rules: freezeRules,

  async observe({ inputs: given, subject, policy, trusted, clock, signal }) {
    const offsetMs = trusted.clockOffsetMs();
    const { seen, evidence, validUntil } = await lookAtCalendar(
      freezeQuestion(policy, subject, {
        purpose: given.purpose,
        at: given.at,
        deployMs: given['deploy-duration'],
        watchMs: given['watch-duration'],
        exceptionsFile: given.exceptions,
        added: given.calendar === undefined ? undefined : await addedCalendar(given.calendar),
      }),
      {
        now: () => clock.now(),
        clockSource: clock.source,
        secondClock: offsetMs === undefined ? undefined : { name: trusted.name, offsetMs },
        readTrusted: async (path) => (await trusted.read(path, signal)).bytes,
        signal,
        copies: given['feed-copies'] === undefined ? undefined : inWorkspace(given['feed-copies']),
      },
    );
    return { seen, coverage: { expected: 1, missing: [] }, evidence, validUntil };
  },

  facts(seen) {
    const decided = decidingWindow(seen);
    return {
      at: seen.at,
      purpose: seen.purpose,
      fits: fits(seen),
      ...(decided !== undefined && { window: decided }),
      ...(seen.nextOpening !== undefined && { nextOpening: seen.nextOpening }),
      ...(seen.closesAt !== undefined && { closesAt: seen.closesAt }),
    };
  },

  present(_verdict, seen) {
    return {
      outputs: {
        window: decidingWindow(seen) ?? '',
        'next-opening': seen.nextOpening ?? '',
        'closes-at': seen.closesAt ?? '',
        fits: String(fits(seen)),
      },
      summary: summaryOf(seen),
    };
  },
});

async function addedCalendar(path: string): Promise<{ name: string; bytes: Uint8Array }> {
  return { name: path, bytes: await readBounded(inWorkspace(path), FEED_LIMIT) };
}

/** There is room when the next fitting moment is the one asked about. */
function fits(seen: FreezeSeen): boolean {
  return seen.nextOpening === seen.at;
}

/** The strictest window in the way, exceptions not counted; one that only advises decides nothing. */
function decidingWindow(seen: FreezeSeen): string | undefined {
  return seen.met.find(({ level }) => level !== 'advise')?.window;
}

/** Tables of this many rows at most; the document holds all. */
const ROWS = 30;

function summaryOf(seen: FreezeSeen): string {
  const parts = [
    table(
      ['what', 'when'],
      [
        ['asked about', seen.at],
        ['needed', `${formatDuration(seen.deployMs)} to deploy, ${formatDuration(seen.watchMs)} to watch`],
        ['next opening that fits', seen.nextOpening ?? 'none within 400 days'],
        ['that opening ends', seen.opensUntil ?? 'not within the time looked at'],
      ],
    ),
  ];
  if (seen.met.length > 0) {
    parts.push(
      table(
        ['window', 'level', 'from', 'to', 'by the clock there', 'tenants'],
        seen.met
          .slice(0, ROWS)
          .map((met) => [
            `${met.kind === 'allow' ? 'outside ' : ''}${plain(met.window)}`,
            met.level,
            met.start,
            met.end,
            plain(met.localEnd),
            met.units[0] === '*' ? 'all' : String(met.units.length),
          ]),
      ),
    );
  }
  if (seen.openings.length > 1) {
    parts.push(
      table(
        ['tenants', 'zone', 'next opening on their own'],
        seen.openings
          .slice(0, ROWS)
          .map(({ units, zone, nextOpening }) => [
            plain(units.slice(0, 5).join(', ')) + (units.length > 5 ? ` and ${units.length - 5} more` : ''),
            plain(zone),
            nextOpening ?? 'none within 400 days',
          ]),
      ),
    );
  }
  return parts.join('\n\n');
}
