import { setSecret } from '@actions/core';

/** Lines shorter than this are not masked by themselves: a masked `{` would drop every JSON output. */
const SHORTEST = 8;

/** Knows the secrets of this run, in every form in which they might turn up, and takes them out of texts. */
export interface Secrets {
  /** Registers a secret with the runner and with `redact`. */
  add(value: string): void;
  redact(text: string): string;
}

/** An empty collection of secrets. */
export function noSecrets(): Secrets {
  const forms = new Set<string>();
  return {
    add(value) {
      for (const form of formsOf(value)) {
        if (forms.has(form)) continue;
        forms.add(form);
        setSecret(form);
      }
    },
    redact(text) {
      let clean = text;
      for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, '***');
      return clean;
    },
  };
}

/** The secret itself, its lines, and both in base64 (at all three byte offsets), base64url and URL encoding. */
function formsOf(value: string): string[] {
  const parts = [value, value.trim(), ...value.split(/\r?\n/).map((line) => line.trim())].filter(
    (part) => part.length >= SHORTEST,
  );
  return [...new Set(parts)].flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
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
    return sure.length >= SHORTEST ? [sure, sure.replaceAll('+', '-').replaceAll('/', '_')] : [];
  });
}
