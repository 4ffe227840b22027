import { createReadStream } from 'node:fs';
import { isMany, none } from 'stream-chain/defs.js';
import { jsonParser } from 'stream-json/core/parser.js';
import { Selection, type Shape } from './selection.ts';

/** Raised when a file is not the JSON it should be; the message says what and what to do. */
export class JsonDocumentError extends Error {
  override readonly name = 'JsonDocumentError';
}

const CHUNK = 256 * 1024;

/**
 * Reads a JSON file of any size piece by piece and returns what the shape names, so that memory does not
 * grow with the file.
 *
 * @param limit the largest file that is read, in bytes
 * @throws JsonDocumentError when the file is no complete JSON document, has invalid UTF-8 or is too large
 */
export async function selectJson(path: string, shape: Shape, limit: number): Promise<unknown> {
  const selection = new Selection(shape);
  const parse = jsonParser({ packValues: true, streamValues: false });
  const take = (piece: string | typeof none) => {
    const tokens = parse(piece as string);
    if (isMany(tokens)) for (const token of tokens.values) selection.take(token);
  };
  const text = new TextDecoder('utf-8', { fatal: true });
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK })) {
      read += chunk.length;
      if (read > limit) throw new Error(`more than the ${limit} bytes that are read`);
      take(text.decode(chunk, { stream: true }));
    }
    take(text.decode());
    take(none);
    return selection.result();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES') {
      throw new JsonDocumentError(`The file cannot be read (${code}): check its path.`, { cause });
    }
    throw new JsonDocumentError(
      `The file is no complete JSON document (after ${read} bytes: ${message}). It was truncated or damaged; make it again.`,
      { cause },
    );
  }
}
