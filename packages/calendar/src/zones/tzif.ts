import { posixPeriods } from './posix-tz.ts';
import { type Period, ZoneError } from './zone.ts';

/** A zone file has a few kilobytes; the largest of 2026 has 4. */
export const TZIF_LIMIT = 128 * 1024;

const HEADER = 44;

/**
 * Reads a TZif file (RFC 8536, version 2 and later) as the periods that matter in [from, to). Beyond its last
 * transition the footer's rule is followed.
 *
 * @throws ZoneError when the bytes are no such file
 */
export function tzifPeriods(bytes: Uint8Array, from: number, to: number): Period[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const first = header(view, 0);
    if (first.version < 2) throw new ZoneError('The zone file is of version 1, which ends in 2037 and knows no rule.');
    const start = HEADER + dataLength(first, 4);
    const second = header(view, start);
    const { periods, footer } = body(view, start + HEADER, second);
    return withFooter(periods, footer, from, to);
  } catch (cause) {
    if (cause instanceof ZoneError) throw cause;
    throw new ZoneError('The zone file is cut short.', { cause });
  }
}

interface Header {
  version: number;
  utcIndicators: number;
  standardIndicators: number;
  leapSeconds: number;
  transitions: number;
  types: number;
  characters: number;
}

function header(view: DataView, at: number): Header {
  if (view.getUint32(at) !== 0x545a6966) throw new ZoneError('This is no zone file: it does not start with TZif.');
  const version = view.getUint8(at + 4);
  return {
    version: version === 0 ? 1 : version - 0x30,
    utcIndicators: view.getUint32(at + 20),
    standardIndicators: view.getUint32(at + 24),
    leapSeconds: view.getUint32(at + 28),
    transitions: view.getUint32(at + 32),
    types: view.getUint32(at + 36),
    characters: view.getUint32(at + 40),
  };
}

function dataLength(of: Header, timeSize: 4 | 8): number {
  return (
    of.transitions * (timeSize + 1) +
    of.types * 6 +
    of.characters +
    of.leapSeconds * (timeSize + 4) +
    of.standardIndicators +
    of.utcIndicators
  );
}

function body(view: DataView, at: number, of: Header): { periods: Period[]; footer: string } {
  const indices = at + of.transitions * 8;
  const types = indices + of.transitions;
  const offsetOf = (type: number) => {
    if (type >= of.types) throw new ZoneError('The zone file names a local time type that it does not have.');
    return view.getInt32(types + type * 6) * 1_000;
  };
  const periods: Period[] = [{ since: Number.NEGATIVE_INFINITY, offset: offsetOf(0) }];
  for (let index = 0; index < of.transitions; index++) {
    const since = Number(view.getBigInt64(at + index * 8)) * 1_000;
    push(periods, { since, offset: offsetOf(view.getUint8(indices + index)) });
  }
  const rest = at + dataLength(of, 8);
  const text = new TextDecoder('ascii').decode(new Uint8Array(view.buffer, view.byteOffset + rest));
  return { periods, footer: /^\n([^\n]*)\n/.exec(text)?.[1] ?? '' };
}

/** Transitions that change only the name or the daylight-saving flag are no change of time. */
function push(periods: Period[], period: Period): void {
  if (periods.at(-1)?.offset !== period.offset) periods.push(period);
}

function withFooter(periods: Period[], footer: string, from: number, to: number): Period[] {
  const last = periods.at(-1)?.since ?? Number.NEGATIVE_INFINITY;
  const all = [...periods];
  if (footer !== '') for (const period of posixPeriods(footer, from, to)) if (period.since > last) push(all, period);
  const before = all.findLastIndex(({ since }) => since <= from);
  return all
    .slice(Math.max(before, 0))
    .filter(({ since }, index) => index === 0 || since < to)
    .map((period, index) => (index === 0 ? { ...period, since: Number.NEGATIVE_INFINITY } : period));
}
