/** Raised when bytes are not the strict JSON that is read here; the message names the cause. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
  readonly fault: 'too-large' | 'not-json' | 'duplicate-member';

  constructor(fault: JsonError['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Reads JSON in which no two readers can see different things: valid UTF-8 without a byte order mark, no
 * half of a surrogate pair, and no object with a member twice. (JSON.parse takes the last of two, other readers the first; what one of
 * them checks is then not what the other one does.)
 *
 * @param limit the most bytes that are looked at
 * @throws JsonError
 */
export function parseStrictJson(bytes: Uint8Array, limit: number): unknown {
  if (bytes.length > limit) throw new JsonError('too-large', `it has ${bytes.length} bytes; at most ${limit} are read`);
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonError(
      'not-json',
      `its ${bytes.length} bytes are not complete JSON: cut off, damaged or another kind of file`,
    );
  }
  if (hasLoneSurrogate(text))
    throw new JsonError('not-json', 'a text in it holds half of a character (a lone surrogate)');
  const twice = memberGivenTwice(text);
  if (twice !== undefined)
    throw new JsonError('duplicate-member', `the member ${quote(twice)} is given twice in one object`);
  return value;
}

/** Foreign text for a message: short, quoted, and without anything that moves a terminal. */
export function quote(text: unknown): string {
  const shown = JSON.stringify(text) ?? String(text);
  return printable(shown.length > 80 ? `${shown.slice(0, 80)}…` : shown);
}

/** Text in which control characters, direction marks and the like are shown instead of obeyed. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) as number).toString(16)}}`);
}

function decode(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new JsonError('not-json', 'it is not UTF-8 text');
  }
  if (text.startsWith('\uFEFF'))
    throw new JsonError('not-json', 'it begins with a byte order mark; save it as UTF-8 without one');
  return text;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g;

/** Only an escape can bring one into text that was UTF-8. */
function hasLoneSurrogate(json: string): boolean {
  for (const [token] of json.matchAll(TOKEN)) {
    if (token.includes('\\u') && !(JSON.parse(token) as string).isWellFormed()) return true;
  }
  return false;
}

/** Looks through text that is known to be JSON: there, a colon outside a string always follows a member's name. */
function memberGivenTwice(json: string): string | undefined {
  const enclosing: (Set<string> | 'array')[] = [];
  let before = '';
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') enclosing.push(new Set());
    else if (token === '[') enclosing.push('array');
    else if (token === '}' || token === ']') enclosing.pop();
    else if (token === ':') {
      const members = enclosing.at(-1) as Set<string>;
      const name = JSON.parse(before) as string;
      if (members.has(name)) return name;
      members.add(name);
    }
    before = token;
  }
  return undefined;
}
