/** An answer's body is read up to this many bytes; what is longer is a page or a picture, not an error. */
export const MAX_BODY = 64 * 1024;

/**
 * The name of the error inside a JSON-RPC answer, '' where there is none. Odoo answers with status 200
 * and puts an exception's name into `error.data.name`; others have a code or a message.
 */
export function appError(contentType: string, body: string): string {
  if (!contentType.includes('json') || !body.includes('"error"')) return '';
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return 'jsonrpc: not JSON';
  }
  const { error } = Object(answer) as { error?: unknown };
  if (error === undefined || error === null) return '';
  const { data, message, code } = Object(error) as { data?: { name?: unknown }; message?: unknown; code?: unknown };
  return `jsonrpc: ${data?.name ?? message ?? code ?? error}`.slice(0, 200);
}
