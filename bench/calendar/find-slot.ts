/**
 * Started as a process of its own: reads the question from standard input, finds the next fitting slot once,
 * prints what it found and what it took.
 */
import { readFileSync } from 'node:fs';
import { type CalendarQuestion, observeCalendar } from '@tillgate/calendar';

const question: CalendarQuestion = JSON.parse(readFileSync(0, 'utf8'));
const before = process.memoryUsage.rss();
const started = performance.now();
const { nextOpening } = await observeCalendar(question);
const millis = performance.now() - started;
const megabytes = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ nextOpening, millis, megabytes, cpuMs: (user + system) / 1_000 }));
