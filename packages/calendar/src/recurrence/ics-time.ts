import type { Wall } from '../wall.ts';

/** `20261126T183000`, the form of iCalendar. */
export function icsLocal(wall: Wall): string {
  return `${new Date(wall).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}`;
}
