import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, readBounded, writeWhole } from '@tillgate/host';
import type { FeedPolicy } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import { CalendarError } from '../calendar-error.ts';
import { FEED_LIMIT } from './limit.ts';
import type { FeedWorld } from './read-feeds.ts';

/** A feed's bytes, and when they were its content. */
export interface Fetched {
  bytes: Uint8Array;
  /** When the server last gave or confirmed them, in milliseconds since the epoch. */
  at: number;
  /** Whether this is a copy of an earlier run. */
  kept: boolean;
  /** Why the copy is used. */
  because?: string;
}

interface Copy {
  url: string;
  etag?: string | undefined;
  at: number;
  /** base64 */
  body: string;
}

/**
 * Fetches a feed, asking only for what has changed since the copy at hand (ETag). Where the server cannot
 * be reached, the copy is given, with its age: whether it is young enough is judged elsewhere.
 *
 * @throws CalendarError when there is neither an answer nor a copy
 */
export async function fetchFeed(url: string, policy: Pick<FeedPolicy, 'timeout'>, world: FeedWorld): Promise<Fetched> {
  const copy = await readCopy(url, world);
  try {
    const answer = await (world.fetch ?? fetch)(url, {
      headers: { accept: 'text/calendar', ...(copy?.etag !== undefined && { 'if-none-match': copy.etag }) },
      signal: AbortSignal.any([world.signal, AbortSignal.timeout(parseDuration(policy.timeout))]),
    });
    if (url.startsWith('https:') && !answer.url.startsWith('https:')) {
      throw new CalendarError('it was redirected to an address that is not https');
    }
    const at = world.now();
    if (answer.status === 304 && copy) {
      await keep({ ...copy, at }, world);
      return { bytes: Buffer.from(copy.body, 'base64'), at, kept: false };
    }
    if (!answer.ok) throw new CalendarError(`its server answered ${answer.status}`);
    const bytes = await readBody(answer);
    await keep({ url, etag: answer.headers.get('etag') ?? undefined, at, body: bytes.toString('base64') }, world);
    return { bytes, at, kept: false };
  } catch (cause) {
    world.signal.throwIfAborted();
    const because = whyNot(cause);
    if (!copy) throw new CalendarError(`${because}, and there is no copy of it`, { cause });
    return { bytes: Buffer.from(copy.body, 'base64'), at: copy.at, kept: true, because };
  }
}

/** Never more than the limit is held, whatever the server says of its length. */
async function readBody(answer: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > FEED_LIMIT) throw new CalendarError(`it has more than the ${FEED_LIMIT} bytes that are read`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The reason without the address: it may carry a key. */
function whyNot(cause: unknown): string {
  if (cause instanceof CalendarError) return cause.message;
  const { name, cause: inner } = cause as Error & { cause?: { code?: string } };
  if (name === 'TimeoutError') return 'its server did not answer in time';
  return `its server could not be reached (${inner?.code ?? name})`;
}

function fileOf(url: string, folder: string): string {
  return join(folder, `${createHash('sha256').update(url).digest('hex')}.json`);
}

async function readCopy(url: string, world: FeedWorld): Promise<Copy | undefined> {
  if (world.copies === undefined) return undefined;
  try {
    const bytes = await readBounded(fileOf(url, world.copies), 2 * FEED_LIMIT);
    const copy = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Copy> | null;
    const whole = copy?.url === url && typeof copy.at === 'number' && typeof copy.body === 'string';
    // a copy from the future would never grow too old
    return whole && (copy.at as number) <= world.now() ? (copy as Copy) : undefined;
  } catch (cause) {
    // no copy, or a damaged one, is as good as none: then the server must answer
    if (cause instanceof FileError || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

async function keep(copy: Copy, world: FeedWorld): Promise<void> {
  if (world.copies === undefined) return;
  await mkdir(world.copies, { recursive: true });
  await writeWhole(fileOf(copy.url, world.copies), JSON.stringify(copy));
}
