/** What is wrong with a key. */
export type KeyFault =
  | 'empty'
  | 'not-pem'
  | 'public'
  | 'private'
  | 'encrypted'
  | 'container'
  | 'type'
  | 'damaged'
  | 'several';

/** Raised when a key cannot be used. Never carries anything of the key, nor a cause that could. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly fault: KeyFault;

  constructor(fault: KeyFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

const LONGEST = 64 * 1024;
const LABEL = /-----BEGIN ([A-Z0-9 ]{1,40})-----/g;

/**
 * Takes the one block out of PEM text (RFC 7468): its label and its bytes. Text around the block is
 * refused as well, since a second key could hide in it.
 *
 * @param what begins the messages, for example `The signing key`
 * @throws KeyError
 */
export function pemBlock(pem: string, what: string): { label: string; der: Buffer } {
  const text = pem.trim();
  if (text === '') {
    throw new KeyError(
      'empty',
      `${what} is empty. An unset secret, or one that this job may not read, arrives as an empty text.`,
    );
  }
  if (text.length > LONGEST)
    throw new KeyError('not-pem', `${what} has ${text.length} characters; no key is that long.`);
  const labels = [...text.matchAll(LABEL)].map(([, label]) => label as string);
  const label = labels[0];
  if (label === undefined) {
    throw new KeyError(
      'not-pem',
      `${what} is no PEM text: no line -----BEGIN …----- is in it. Give the text of the .pem file, not its path and not encoded once more.`,
    );
  }
  if (text.includes('\\n')) {
    throw new KeyError(
      'not-pem',
      `${what} contains backslash-n instead of line ends: it was copied from a quoted text. Store the .pem file's own text.`,
    );
  }
  if (labels.length > 1 && label !== 'EC PARAMETERS')
    throw new KeyError('several', `${what} consists of ${labels.length} PEM blocks; exactly one is needed.`);
  if (text.includes('Proc-Type: 4,ENCRYPTED')) return { label: 'ENCRYPTED PRIVATE KEY', der: Buffer.alloc(0) };
  const body = text.slice(text.indexOf(`-----BEGIN ${label}-----`) + label.length + 16);
  const end = body.indexOf(`-----END ${label}-----`);
  if (end < 0)
    throw new KeyError(
      'damaged',
      `${what} is cut off: its last line -----END ${label}----- is missing. Store it again, whole.`,
    );
  const around = !text.startsWith('-----BEGIN ') || body.slice(end + label.length + 14).trim() !== '';
  if (around && label !== 'EC PARAMETERS')
    throw new KeyError('several', `${what} has text before or after its PEM block; exactly the block is needed.`);
  const base64 = body.slice(0, end).replace(/\s+/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.toString('base64') !== base64)
    throw new KeyError(
      'damaged',
      `${what} is damaged: what stands in its PEM block is not base64. Store it again, whole.`,
    );
  return { label, der };
}
