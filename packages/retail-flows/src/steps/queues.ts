const HOUR_MS = 60 * 60_000;

/** An hour ago as Odoo writes it: UTC, to the second. What waits for longer has not only waited for its turn. */
export const hourAgo = (): string => new Date(Date.now() - HOUR_MS).toISOString().slice(0, 19).replace('T', ' ');
