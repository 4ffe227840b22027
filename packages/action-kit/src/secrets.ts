import { plain } from './markdown.ts';
import { setSecret } from './runner.ts';

/** Secrets shorter than this are not masked: a masked `{` would drop every JSON output. */
const SHORTEST = 8;

/** Of a secret document (a key in PEM, a kubeconfig) words of this length are secrets of their own. */
const TELLING = 20;

/** Knows the secrets of this run, in every form in which they might turn up, and takes them out of texts. */
export interface Secrets {
  /** Registers a secret with the runner and with `redact`. */
  add(value: string): void;
  redact(text: string): string;
  /** The same value with every text in it redacted, names of members too; its structure stays whole. */
  redactAll<T>(value: T): T;
}

/** An empty collection of secrets. */
export function noSecrets(): Secrets {
  const forms = new Set<string>();
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return secrets.redact(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [secrets.redact(name), clean(member)]));
  };
  const secrets: Secrets = {
    add(value) {
      for (const form of formsOf(value)) {
        if (forms.has(form)) continue;
        forms.add(form);
        setSecret(form);
      }
    },
    redact(text) {
      let rest = text;
      for (const form of [...forms].sort((a, b) => b.length - a.length)) rest = rest.replaceAll(form, '***');
      return rest;
    },
    redactAll: <T>(value: T) => clean(value) as T,
  };
  return secrets;
}

/**
 * The parts of a secret of several lines that tell something by themselves: its long words. Its short ones
 * (`kind: Config`) are in every document of its kind, and masking them would drop outputs that say nothing.
 */
function tellingParts(value: string): string[] {
  if (!/[\r\n]/.test(value.trim())) return [];
  return value.split(/[\s"',]+/).filter((word) => word.length >= TELLING);
}

/** The secret itself, its telling parts, and all in base64 (at all three byte offsets), base64url, URL, JSON and Markdown. */
function formsOf(value: string): string[] {
  const parts = [value, value.trim(), ...tellingParts(value)].filter((part) => part.length >= SHORTEST);
  return [...new Set(parts)].flatMap((part) => [
    part,
    encodeURIComponent(part),
    new URLSearchParams([['', part]]).toString().slice(1),
    JSON.stringify(part).slice(1, -1),
    plain(part, part.length),
    ...base64Forms(part),
  ]);
}

/**
 * Base64 of a text that stands somewhere inside a longer one: what precedes it shifts it by 0, 1 or 2
 * bytes; the characters at both ends that depend on neighbours are cut off.
 */
function base64Forms(part: string): string[] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(part)]);
    const sure = Buffer.from(bytes)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : shift + 1, bytes.length % 3 === 0 ? undefined : -1);
    return sure.length >= SHORTEST
      ? [sure, sure.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(sure)]
      : [];
  });
}
