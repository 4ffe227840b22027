import { type Instant, isSha256, parseDuration, parseInstant, type Sha256 } from '@tillgate/release';

/** Raised by an input kind; the frame adds the input's name and gathers all faults before it fails. */
export class InputFault extends Error {
  override readonly name = 'InputFault';
}

/** One input of an action: what it is for, and how its text becomes a value. */
export interface InputKind<T> {
  readonly description: string;
  readonly required: boolean;
  /** Written into action.yml; the runner fills it in. */
  readonly default?: string;
  /** Masked, never logged, never part of a digest. */
  readonly secret: boolean;
  /** @throws Error with a message that names the likely cause */
  parse(text: string): T;
}

/** The inputs of an action by their kebab-case names. */
export type InputKinds = Readonly<Record<string, InputKind<unknown>>>;

/** What reading the inputs gives, by the same names. */
export type Values<I extends InputKinds> = { [K in keyof I]: I[K] extends InputKind<infer T> ? T : never };

interface About {
  description: string;
  default?: string;
}
interface Optional {
  optional: true;
}

/** Makes a kind of input from a parser: required, unless it has a default or is optional. */
function kindOf<T>(parse: (text: string) => T) {
  function make(about: About & Optional): InputKind<T | undefined>;
  function make(about: About): InputKind<T>;
  function make(about: About & Partial<Optional>): InputKind<T | undefined> {
    const { description, default: fallback, optional } = about;
    return {
      description,
      required: !optional && fallback === undefined,
      secret: false,
      ...(fallback !== undefined && { default: fallback }),
      parse: (text) => (text === '' && optional ? undefined : parse(text)),
    };
  }
  return make;
}

/** Any text, in one line or more. */
export const text = kindOf((value) => value);

/** A path in the runner's file system. A NUL byte is refused. */
export const path = kindOf((value) => {
  if (value.includes('\0')) throw new InputFault('is no path: it contains a NUL byte');
  return value;
});

/** A duration in milliseconds. */
export const duration = kindOf((value): number => parseDuration(value));

/** A time with an offset. */
export const instant = kindOf((value): Instant => parseInstant(value));

/** `true` or `false`, nothing else: `yes`, `1` and a typing error are refused alike. */
export const flag = kindOf((value): boolean => {
  if (value !== 'true' && value !== 'false') throw new InputFault(`is "${value}"; it takes true or false`);
  return value === 'true';
});

/** A whole number, written with digits only. */
export const integer = kindOf((value): number => {
  const number = Number(value);
  if (!/^-?\d{1,15}$/.test(value) || !Number.isSafeInteger(number))
    throw new InputFault(`is "${value}"; it takes a whole number`);
  return number;
});

/** A SHA-256 digest. */
export const digest = kindOf((value): Sha256 => {
  if (!isSha256(value))
    throw new InputFault(`is "${value.slice(0, 80)}"; it takes sha256: and 64 lower-case hex digits`);
  return value;
});

/** Items separated by white space or commas; empty text is an empty list. */
export const list = kindOf((value): string[] => value.split(/[\s,]+/).filter((item) => item !== ''));

/** Items separated by line ends, for things that contain spaces. */
export const lines = kindOf((value): string[] =>
  value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== ''),
);

/** One of a few words. */
export function choice<const W extends string>(words: readonly W[], about: About & Optional): InputKind<W | undefined>;
export function choice<const W extends string>(words: readonly W[], about: About): InputKind<W>;
export function choice<const W extends string>(
  words: readonly W[],
  about: About & Partial<Optional>,
): InputKind<W | undefined> {
  return kindOf((value): W => {
    const word = words.find((one) => one === value);
    if (word === undefined) throw new InputFault(`is "${value}"; it takes ${words.join(', ')}`);
    return word;
  })(about as About & Optional);
}

/** A text that must appear in no output, summary, log or error. */
export function secret(about: About & Optional): InputKind<string | undefined>;
export function secret(about: About): InputKind<string>;
export function secret(about: About & Partial<Optional>): InputKind<string | undefined> {
  return { ...text(about as About & Optional), secret: true };
}
