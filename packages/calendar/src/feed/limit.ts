/** The largest feed that is read, in bytes. */
export const FEED_LIMIT = 8 * 1024 * 1024;
