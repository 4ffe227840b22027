import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type CalendarWindow, windowSchema } from '@tillgate/policy';
import { DAY, dayOf, formatWall, wallOf } from '../wall.ts';
import { businessDays } from './business-days.ts';
import { easterSunday, orthodoxEasterSunday } from './easter.ts';
import { event } from './event.ts';
import { eidAlAdhaStarts, eidAlFitrStarts, ramadanStarts } from './islamic.ts';
import { nrfPeriods } from './nrf.ts';

/** Where each list comes from stands beside it, in fixtures/README.md. */
const published: Record<string, string[]> = JSON.parse(
  await readFile(join(import.meta.dirname, 'fixtures', 'published-2020-2040.json'), 'utf8'),
);
const YEARS = Array.from({ length: 21 }, (_, index) => 2020 + index);
const day = (wall: number) => formatWall(wall).slice(0, 10);

type EventPolicy = NonNullable<CalendarWindow['event']>;

/** First and last day of every spell in the years, the last one included. */
function daysOf(policy: Partial<EventPolicy> & { name: EventPolicy['name'] }, years = YEARS, holidays: string[] = []) {
  const read = windowSchema.parse({ kind: 'freeze', event: policy }).event as EventPolicy;
  const recurrence = event(read as Parameters<typeof event>[0], businessDays(new Set(holidays.map(wallOf))));
  const from = dayOf(years[0] as number, 1, 1);
  const to = dayOf((years.at(-1) as number) + 1, 1, 1);
  return recurrence(from, to)
    .filter((spell) => spell.from >= from)
    .sort((a, b) => a.from - b.from)
    .map((spell) => [day(spell.from), day(spell.to - DAY)] as const);
}
const firstDays = (policy: Parameters<typeof daysOf>[0]) => daysOf(policy).map(([first]) => first);

describe('published dates, 2020 to 2040', () => {
  it.each(['thanksgiving', 'black-friday'] as const)('%s', (name) => {
    expect(firstDays({ name })).toEqual(published[name]);
  });

  it('Cyber Monday ends the weekend that Black Friday begins', () => {
    const fridays = published['black-friday'] as string[];
    const mondays = fridays.map((friday) => day(wallOf(friday) + 3 * DAY));
    expect(firstDays({ name: 'cyber-monday' })).toEqual(mondays);
    expect(daysOf({ name: 'black-friday-weekend' })).toEqual(fridays.map((friday, index) => [friday, mondays[index]]));
  });

  it('Easter, west and east', () => {
    expect(YEARS.map(easterSunday).map(day)).toEqual(published.easter);
    expect(YEARS.map(orthodoxEasterSunday).map(day)).toEqual(published['orthodox-easter']);
    expect(daysOf({ name: 'easter' }, [2026])).toEqual([['2026-04-03', '2026-04-06']]);
  });

  const islamic = [
    ['ramadan', ramadanStarts],
    ['eid-al-fitr', eidAlFitrStarts],
    ['eid-al-adha', eidAlAdhaStarts],
  ] as const;

  it.each(islamic)('%s by the Umm al-Qura calendar, as far as it has been published (1450 AH)', (name, starts) => {
    const untilNow = (dates: readonly string[]) => dates.filter((date) => date < '2029');
    expect(untilNow(YEARS.flatMap(starts).map(day))).toEqual(untilNow(published[name] as string[]));
  });

  it.each(islamic)(
    '%s after that: printed tables differ by a day, and the padding covers all of them',
    (name, _starts) => {
      const spells = daysOf({ name });
      const uncovered = (published[name] as string[]).filter(
        (date) => !spells.some(([first, last]) => first <= date && date <= last),
      );
      expect(spells).toHaveLength((published[name] as string[]).length);
      expect(uncovered).toEqual([]);
    },
  );

  it('Ramadan is a day wider at both ends, and lasts until the eve of the feast', () => {
    expect(daysOf({ name: 'ramadan' }, [2026])).toEqual([['2026-02-17', '2026-03-20']]);
    expect(daysOf({ name: 'eid-al-fitr' }, [2026])).toEqual([['2026-03-19', '2026-03-23']]);
    expect(daysOf({ name: 'eid-al-adha' }, [2026])).toEqual([['2026-05-26', '2026-05-31']]);
  });

  it('the fiscal year of the National Retail Federation', () => {
    expect(YEARS.slice(0, 8).map((year) => day(nrfPeriods(year)[0]?.from ?? 0))).toEqual(published['nrf-year-start']);
    const years = Array.from({ length: 41 }, (_, index) => 2000 + index);
    const long = years.filter((year) => {
      const periods = nrfPeriods(year);
      return (periods.at(-1)?.to ?? 0) - (periods[0]?.from ?? 0) === 53 * 7 * DAY;
    });
    expect(long).toEqual([2000, 2006, 2012, 2017, 2023, 2028, 2034, 2040]);
    expect(daysOf({ name: 'nrf-year-end' }, [2024, 2027])).toEqual([
      ['2024-02-03', '2024-02-03'],
      ['2025-02-01', '2025-02-01'],
      ['2026-01-31', '2026-01-31'],
      ['2027-01-30', '2027-01-30'],
    ]);
    expect(nrfPeriods(2026).map(({ from }) => day(from))[9]).toBe('2026-11-01'); // retail November
    expect(daysOf({ name: 'nrf-period-end' }, [2026])).toHaveLength(12);
  });

  it('the last business day of each month', () => {
    expect(firstDays({ name: 'month-end-close' })).toEqual(published['last-business-day']);
  });

  it.each([
    ['christmas', '12-25'],
    ['boxing-day', '12-26'],
    ['singles-day', '11-11'],
  ] as const)('%s', (name, date) => {
    expect(firstDays({ name })).toEqual(YEARS.map((year) => `${year}-${date}`));
  });
});

describe('what is configured', () => {
  it('closes of the books are counted in business days', () => {
    expect(
      daysOf({ name: 'month-end-close', businessDaysBefore: 1, businessDaysAfter: 3 }, [2026]).slice(0, 2),
    ).toEqual([
      ['2026-01-29', '2026-02-04'],
      ['2026-02-26', '2026-03-04'],
    ]);
    expect(daysOf({ name: 'quarter-end-close' }, [2026]).map(([first]) => first)).toEqual([
      '2026-03-31',
      '2026-06-30',
      '2026-09-30',
      '2026-12-31',
    ]);
    // New Year's Day is no business day, and neither is the weekend after it
    expect(daysOf({ name: 'year-end-close', businessDaysAfter: 1 }, [2026], ['2027-01-01'])).toEqual([
      ['2026-12-31', '2027-01-04'],
    ]);
  });

  it('a close that began last year reaches into this one', () => {
    const close = { name: 'year-end-close', businessDaysAfter: 5 } as const;
    const read = windowSchema.parse({ kind: 'freeze', event: close }).event as EventPolicy;
    const spells = event(read as Parameters<typeof event>[0], businessDays(new Set()))(
      dayOf(2027, 1, 2),
      dayOf(2027, 1, 3),
    );
    expect(spells.map(({ from, to }) => [day(from), day(to)])).toEqual([['2026-12-31', '2027-01-08']]);
  });

  it('paydays move off the weekend where they do so', () => {
    const may = (weekend: 'keep' | 'before' | 'after', days: (number | 'last')[]) =>
      firstDays({ name: 'payday', days, weekend }).filter((date) => /^2026-(05|06-01)/.test(date));
    expect(may('keep', [15, 'last'])).toEqual(['2026-05-15', '2026-05-31']);
    expect(may('before', ['last'])).toEqual(['2026-05-29']);
    expect(may('after', ['last'])).toEqual(['2026-06-01']);
    expect(firstDays({ name: 'payday', days: [31] }).slice(0, 3)).toEqual(['2020-01-31', '2020-02-29', '2020-03-31']);
  });

  it('back to school runs from one day of the year to another, past New Year too', () => {
    expect(daysOf({ name: 'back-to-school', from: '08-15', to: '09-10' }, [2026])).toEqual([
      ['2026-08-15', '2026-09-10'],
    ]);
    expect(daysOf({ name: 'back-to-school', from: '12-28', to: '02-05' }, [2026])).toEqual([
      ['2026-12-28', '2027-02-05'],
    ]);
  });

  it('named dates replace the computed ones of their year', () => {
    const sighted = { name: 'eid-al-fitr', dates: [{ from: '2026-03-21', to: '2026-03-23' }] } as const;
    expect(daysOf({ ...sighted, dates: [...sighted.dates] }, [2026, 2027])).toEqual([
      ['2026-03-21', '2026-03-23'],
      ['2027-03-08', '2027-03-12'],
    ]);
  });

  it('what comes before and after is part of it', () => {
    expect(daysOf({ name: 'black-friday', before: '2d', after: '3d' }, [2026])).toEqual([['2026-11-25', '2026-11-30']]);
  });
});
