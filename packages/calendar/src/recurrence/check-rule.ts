import { CalendarError } from '../calendar-error.ts';

/** No rule of a calendar needs more occurrences in one question; more is a mistake or an attack. */
export const MOST_OCCURRENCES = 20_000;

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'];

/** Number parts of RFC 5545, section 3.3.10: the largest value, and whether they count from the end as well. */
const NUMBERS: Readonly<Record<string, { from: number; to: number; fromEnd: boolean }>> = {
  INTERVAL: { from: 1, to: 1_000, fromEnd: false },
  COUNT: { from: 1, to: 2_000, fromEnd: false },
  BYHOUR: { from: 0, to: 23, fromEnd: false },
  BYMINUTE: { from: 0, to: 59, fromEnd: false },
  BYMONTH: { from: 1, to: 12, fromEnd: false },
  BYMONTHDAY: { from: 1, to: 31, fromEnd: true },
  BYYEARDAY: { from: 1, to: 366, fromEnd: true },
  BYWEEKNO: { from: 1, to: 53, fromEnd: true },
  BYSETPOS: { from: 1, to: 366, fromEnd: true },
};
/** A release window that starts more often than every quarter of an hour is none. */
const MOST_STARTS_A_DAY = 96;
const DAYS = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*$/;
const UNTIL = /^\d{8}(T\d{6}Z?)?$/;

/**
 * Checks a rule part by part. A part that a library would pass over in silence (a thirteenth month, a name
 * with a typing error) would move the window to a day that nobody meant.
 *
 * @param name what the rule belongs to, for messages
 * @throws CalendarError
 */
export function checkRule(text: string, name: string): void {
  const seen = new Map<string, string>();
  const refuse = (why: string): never => {
    throw new CalendarError(
      `The rule of ${name} cannot be read: ${why}. It is "${text}"; write it as RFC 5545 says, for example FREQ=MONTHLY;BYDAY=-1FR.`,
    );
  };
  for (const part of text.split(';')) {
    const [key = '', value = ''] = part.toUpperCase().split('=', 2);
    if (seen.has(key)) refuse(`${key} is there twice`);
    seen.set(key, value);
    const numbers = NUMBERS[key];
    if (numbers) {
      const wrong = value.split(',').find((one) => !isNumber(one, numbers));
      if (wrong !== undefined) refuse(`${key}=${wrong} is outside ${numbers.from} to ${numbers.to}`);
    } else if (key === 'FREQ') {
      if (!FREQUENCIES.includes(value)) refuse(`FREQ=${value} is not one of ${FREQUENCIES.join(', ')}`);
    } else if (key === 'BYDAY') {
      if (!DAYS.test(value)) refuse(`BYDAY=${value} names no days`);
    } else if (key === 'WKST') {
      if (!/^(MO|TU|WE|TH|FR|SA|SU)$/.test(value)) refuse(`WKST=${value} is no day`);
    } else if (key === 'UNTIL') {
      if (!UNTIL.test(value)) refuse(`UNTIL=${value} is no date`);
    } else refuse(`"${key}" is no part that is taken here`);
  }
  if (!seen.has('FREQ')) refuse('FREQ is missing');
  const many = (key: string, otherwise: number) => seen.get(key)?.split(',').length ?? otherwise;
  const startsADay = many('BYHOUR', seen.get('FREQ') === 'HOURLY' ? 24 : 1) * many('BYMINUTE', 1);
  if (startsADay > MOST_STARTS_A_DAY) refuse(`it starts ${startsADay} times a day, more than ${MOST_STARTS_A_DAY}`);
  if (seen.has('COUNT') && seen.has('UNTIL')) refuse('COUNT and UNTIL exclude each other');
}

function isNumber(text: string, { from, to, fromEnd }: { from: number; to: number; fromEnd: boolean }): boolean {
  if (!/^[+-]?\d{1,7}$/.test(text)) return false;
  const number = Number(text);
  return fromEnd ? Math.abs(number) >= from && Math.abs(number) <= to : number >= from && number <= to;
}
