import { describe, expect, it } from '@jest/globals';
import { formatWall, wallOf } from '../wall.ts';
import { rrule } from './rrule.ts';

/** The examples of RFC 5545, section 3.8.5.3. The clock there is that of New York; here it is any wall's. */
const FIRST = '1997-09-02T09:00';

async function dates(
  rule: string,
  start = FIRST,
  except: string[] = [],
  until = '2007-12-31T00:00',
): Promise<string[]> {
  const spells = await rrule(
    { start: wallOf(start), rule, length: 60_000, except: except.map(wallOf), also: [] },
    'the example',
  );
  return spells(wallOf(start), wallOf(until)).map(({ from }) => formatWall(from));
}

/** Days at nine o'clock, from `1997: 9/2-11; 10/2`. */
function nines(text: string): string[] {
  return text.split(';').flatMap((year) => {
    const [number, rest = ''] = year.split(':');
    let month = '';
    return rest.split(',').flatMap((part) => {
      const [, newMonth, first, last] = /^\s*(?:(\d+)\/)?(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
      month = newMonth ?? month;
      const days = Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, day) => Number(first) + day);
      return days.map((day) => `${number?.trim()}-${month.padStart(2, '0')}-${String(day).padStart(2, '0')}T09:00`);
    });
  });
}

describe('the examples of RFC 5545', () => {
  it.each([
    ['daily for 10 occurrences', 'FREQ=DAILY;COUNT=10', '1997:9/2-11'],
    ['every 10 days, 5 occurrences', 'FREQ=DAILY;INTERVAL=10;COUNT=5', '1997:9/2,12,22,10/2,12'],
    ['weekly for 10 occurrences', 'FREQ=WEEKLY;COUNT=10', '1997:9/2,9,16,23,30,10/7,14,21,28,11/4'],
    [
      'weekly until 24 December 1997',
      'FREQ=WEEKLY;UNTIL=19971224T000000',
      '1997:9/2,9,16,23,30,10/7,14,21,28,11/4,11,18,25,12/2,9,16,23',
    ],
    [
      'Tuesday and Thursday for five weeks',
      'FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH',
      '1997:9/2,4,9,11,16,18,23,25,30,10/2',
    ],
    [
      'every other week, Tuesday and Thursday, 8 occurrences',
      'FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH',
      '1997:9/2,4,16,18,30,10/2,14,16',
    ],
    [
      'the 2nd and 15th for 10 occurrences',
      'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15',
      '1997:9/2,15,10/2,15,11/2,15,12/2,15;1998:1/2,15',
    ],
    [
      'every Tuesday, every other month',
      'FREQ=MONTHLY;INTERVAL=2;BYDAY=TU;UNTIL=19980401T000000',
      '1997:9/2,9,16,23,30,11/4,11,18,25;1998:1/6,13,20,27,3/3,10,17,24,31',
    ],
    [
      'the third of Tuesday, Wednesday, Thursday in the month, 3 months',
      'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3',
      '1997:9/4,10/7,11/6',
      '1997-09-04T09:00',
    ],
    [
      'the second-to-last weekday of the month',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=7',
      '1997:9/29,10/30,11/27,12/30;1998:1/29,2/26,3/30',
      '1997-09-29T09:00',
    ],
    [
      'the first Friday for 10 occurrences',
      'FREQ=MONTHLY;COUNT=10;BYDAY=1FR',
      '1997:9/5,10/3,11/7,12/5;1998:1/2,2/6,3/6,4/3,5/1,6/5',
      '1997-09-05T09:00',
    ],
    [
      'the second-to-last Monday, 6 months',
      'FREQ=MONTHLY;COUNT=6;BYDAY=-2MO',
      '1997:9/22,10/20,11/17,12/22;1998:1/19,2/16',
      '1997-09-22T09:00',
    ],
    [
      'the third-to-last day of the month',
      'FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6',
      '1997:9/28,10/29,11/28,12/29;1998:1/29,2/26',
      '1997-09-28T09:00',
    ],
    [
      'first and last day of the month, 10 occurrences',
      'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1',
      '1997:9/30,10/1,31,11/1,30,12/1,31;1998:1/1,31,2/1',
      '1997-09-30T09:00',
    ],
    [
      'every 18 months on the 10th to 15th',
      'FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15',
      '1997:9/10-15;1999:3/10-13',
      '1997-09-10T09:00',
    ],
    [
      'yearly in June and July, 10 occurrences',
      'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
      '1997:6/10,7/10;1998:6/10,7/10;1999:6/10,7/10;2000:6/10,7/10;2001:6/10,7/10',
      '1997-06-10T09:00',
    ],
    [
      'every third year on the 1st, 100th and 200th day',
      'FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200',
      '1997:1/1,4/10,7/19;2000:1/1,4/9,7/18;2003:1/1,4/10,7/19;2006:1/1',
      '1997-01-01T09:00',
    ],
    [
      'every 20th Monday of the year',
      'FREQ=YEARLY;BYDAY=20MO;COUNT=3',
      '1997:5/19;1998:5/18;1999:5/17',
      '1997-05-19T09:00',
    ],
    [
      'Monday of week 20',
      'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3',
      '1997:5/12;1998:5/11;1999:5/17',
      '1997-05-12T09:00',
    ],
    [
      'every Thursday in March',
      'FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=11',
      '1997:3/13,20,27;1998:3/5,12,19,26;1999:3/4,11,18,25',
      '1997-03-13T09:00',
    ],
    [
      'the first Saturday after the first Sunday',
      'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=10',
      '1997:9/13,10/11,11/8,12/13;1998:1/10,2/7,3/7,4/11,5/9,6/13',
      '1997-09-13T09:00',
    ],
    [
      'election day, every four years',
      'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3',
      '1996:11/5;2000:11/7;2004:11/2',
      '1996-11-05T09:00',
    ],
    [
      'an invalid day is ignored',
      'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
      '2007:1/15,30,2/15,3/15,30',
      '2007-01-15T09:00',
    ],
    [
      'weeks that start on Monday',
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
      '1997:8/5,10,19,24',
      '1997-08-05T09:00',
    ],
    [
      'weeks that start on Sunday',
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
      '1997:8/5,17,19,31',
      '1997-08-05T09:00',
    ],
  ])('%s', async (_, rule, expected, start = FIRST) => {
    expect(await dates(rule, start)).toEqual(nines(expected));
  });

  it('every Friday the 13th, the start excluded', async () => {
    const found = await dates('FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', FIRST, [FIRST], '2000-12-31T00:00');
    expect(found.filter((at) => at !== FIRST)).toEqual(nines('1998:2/13,3/13,11/13;1999:8/13;2000:10/13'));
  });

  it('every 3 hours from 9:00 to 17:00 on a day', async () => {
    expect(await dates('FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000')).toEqual([
      '1997-09-02T09:00',
      '1997-09-02T12:00',
      '1997-09-02T15:00',
    ]);
  });

  it('every 20 minutes from 9:00 to 16:40', async () => {
    const found = await dates(
      'FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40',
      FIRST,
      [],
      '1997-09-03T00:00',
    );
    expect(found).toHaveLength(24);
    expect([found[0], found[1], found.at(-1)]).toEqual(['1997-09-02T09:00', '1997-09-02T09:20', '1997-09-02T16:40']);
  });
});

describe('a rule that is no release window', () => {
  it.each([
    ['FREQ=SECONDLY', /FREQ=SECONDLY/],
    ['FREQ=MINUTELY;INTERVAL=5', /FREQ=MINUTELY/],
    ['COUNT=3', /FREQ is missing/],
    ['FREQ=DAILY;COUNT=1000000', /COUNT=1000000/],
    ['FREQ=DAILY;COUNT=zero', /COUNT=ZERO/],
    ['FREQ=DAILY;COUNT=-1', /COUNT=-1/],
    ['FREQ=DAILY;COUNT=2;UNTIL=19980101', /exclude each other/],
    ['FREQ=DAILY;UNTIL=tomorrow', /no date/],
    ['FREQ=DAILY;BYSECOND=1', /BYSECOND/],
    ['FREQ=WEEKLY;BYDAY=XX', /names no days/],
    ['FREQ=WEEKLY;BYDYA=MO', /BYDYA/],
    ['FREQ=YEARLY;BYMONTH=13', /BYMONTH=13/],
    ['FREQ=MONTHLY;BYMONTHDAY=0', /BYMONTHDAY=0/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL=0/],
    ['FREQ=DAILY;FREQ=WEEKLY', /twice/],
  ])('is refused: %s', async (rule, reason) => {
    await expect(dates(rule)).rejects.toThrow(reason);
  });

  it('answers quickly that a day which does not exist never comes', async () => {
    expect(await dates('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-01-01T09:00', [], '2030-01-01T00:00')).toEqual([]);
  });

  it('is refused when it starts every minute', async () => {
    const minutes = Array.from({ length: 60 }, (_, minute) => minute).join(',');
    await expect(dates(`FREQ=HOURLY;BYMINUTE=${minutes}`)).rejects.toThrow(/1440 times a day/);
  });
});
