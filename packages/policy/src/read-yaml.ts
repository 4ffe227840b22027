import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';

/** The largest policy file that is read, in bytes. */
export const POLICY_LIMIT = 256 * 1024;

/** How often aliases may be resolved: enough to repeat a list of people, too few for a bomb. */
const MAX_ALIASES = 50;
const TOO_MANY_ALIASES = `uses aliases (*name) more than ${MAX_ALIASES} times, or in a circle: write the values out.`;

/** A place in a file, both counted from 1. */
export interface Position {
  line: number;
  column: number;
}

/** Raised when a file is not readable as YAML; the message names file, line, column and cause. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** YAML as a plain value that still knows where each part of it stands. */
export interface PlacedYaml {
  value: unknown;
  /** Where the key (or list item) at this path stands; where it is absent, its nearest parent. */
  positionOf(path: readonly PropertyKey[]): Position;
}

/**
 * Reads one YAML document strictly: UTF-8 without a byte order mark, no tabs for indentation, no key
 * twice, no custom tags, bounded size and bounded aliases.
 *
 * @param name how the file is called in messages
 * @throws YamlError
 */
export function readYaml(bytes: Uint8Array, name: string): PlacedYaml {
  if (bytes.length > POLICY_LIMIT) {
    throw new YamlError(
      `${name} has ${bytes.length} bytes; a policy has at most ${POLICY_LIMIT}. Keep data such as reports or calendars in files of their own.`,
    );
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new YamlError(`${name} begins with a byte order mark (line 1, column 1). Save it as UTF-8 without BOM.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new YamlError(`${name} is not UTF-8. Save it as UTF-8 without BOM.`, { cause });
  }
  const lines = new LineCounter();
  // Keys are compared below: the parser compares each with each, and takes 1 and "1" for two keys.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, strict: true, prettyErrors: false });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault)
    throw new YamlError(`${name}, ${told(lines.linePos(fault.pos[0]))}: ${explain(fault.code, fault.message)}`, {
      cause: fault,
    });
  refuseSurprises(document, lines, name);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new YamlError(`${name} ${TOO_MANY_ALIASES}`, { cause });
  }
  return { value, positionOf: (path) => positionIn(document, lines, path) };
}

/** A position for a message. */
export function told({ line, col }: { line: number; col: number }): string {
  return `line ${line}, column ${col}`;
}

/**
 * Refuses what could be lost or become something else without a word: keys that a map could not keep apart
 * or that mean something to JavaScript, tags, aliases of nothing or too many of them.
 */
function refuseSurprises(document: Document, lines: LineCounter, name: string): void {
  let aliases = 0;
  const refuse = (node: unknown, why: string): never => {
    throw new YamlError(`${name}, ${told(lines.linePos((node as Node | null)?.range?.[0] ?? 0))}: ${why}`);
  };
  visit(document, {
    Alias(_, alias) {
      aliases += 1;
      if (aliases > MAX_ALIASES) throw new YamlError(`${name} ${TOO_MANY_ALIASES}`);
      if (!alias.resolve(document)) refuse(alias, `there is no &${alias.source} before this alias.`);
    },
    Value(_, node) {
      if (node.tag !== undefined) refuse(node, `tags (${node.tag}) are not taken. Write the plain value.`);
    },
    Map(_, map) {
      if (map.tag !== undefined) refuse(map, `tags (${map.tag}) are not taken. Write the plain value.`);
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) return refuse(key, 'a key must be plain text, no alias, list or map. Write the text out.');
        const text = String(key.value);
        if (text === '__proto__') refuse(key, '__proto__ is not taken as a key. Give it another name.');
        if (seen.has(text)) refuse(key, explain('DUPLICATE_KEY', ''));
        seen.add(text);
      }
      return undefined;
    },
  });
}

function explain(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice, and only one of the two could count. Remove one.';
  if (code === 'TAB_AS_INDENT') return 'a tab is used for indentation. YAML takes only spaces.';
  if (code === 'MULTIPLE_DOCS') return 'there is more than one document (---). Keep one.';
  if (/call stack/.test(message)) return 'lists or maps are nested too deeply. A policy needs ten levels at most.';
  if (code === 'TAG_RESOLVE_FAILED') return `${message}. Tags (!name) are not taken.`;
  return `${message.replace(/\s+/g, ' ')}.`;
}

/** Walks down the parsed nodes as far as the path leads, remembering the last place that exists. */
function positionIn(document: Document, lines: LineCounter, path: readonly PropertyKey[]): Position {
  let node: unknown = document.contents;
  let offset = (document.contents as Node | null)?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && String((item.key as { value?: unknown } | null)?.value ?? item.key) === String(step),
      );
      if (!pair) break;
      offset = (pair.key as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
