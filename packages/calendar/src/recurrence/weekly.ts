import { type Timetable, WEEKDAYS } from '@tillgate/policy';
import { DAY, midnightOf, overlap, type Recurrence, type Spell, timeOfDay, weekdayOf } from '../wall.ts';

/** The weekly shorthand: on these days from one time of day to another, past midnight where the end is not later. */
export function weekly(timetable: Timetable): Recurrence {
  const lines = timetable.map(({ days, from, to }) => {
    const start = timeOfDay(from);
    const end = timeOfDay(to);
    return { days: new Set(days.map((day) => WEEKDAYS.indexOf(day))), start, end: end > start ? end : end + DAY };
  });
  return (from, to) => {
    const spells: Spell[] = [];
    for (let day = midnightOf(from) - DAY; day < to; day += DAY) {
      const weekday = weekdayOf(day);
      for (const { days, start, end } of lines) {
        const spell = { from: day + start, to: day + end };
        if (days.has(weekday) && overlap(spell, from, to)) spells.push(spell);
      }
    }
    return spells;
  };
}
