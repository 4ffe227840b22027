/** Raised when Odoo refuses a call; the message is Odoo's, without the traceback it sends along. */
export class Json2Error extends Error {
  override readonly name = 'Json2Error';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Calls a method over Odoo's JSON-2: POST /json/2/<model>/<method> with named arguments, `ids` and `context`.
 *
 * @throws Json2Error
 */
export async function callJson2(
  at: { url: string; database: string; apiKey: string },
  model: string,
  method: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const answer = await fetch(`${at.url}/json/2/${model}/${method}`, {
    method: 'POST',
    headers: {
      authorization: `bearer ${at.apiKey}`,
      'content-type': 'application/json',
      'x-odoo-database': at.database,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text);
  let message = text.slice(0, 500);
  try {
    message = (JSON.parse(text) as { message: string }).message;
  } catch {} // not every refusal is JSON: then the text itself is told
  throw new Json2Error(answer.status, `${model}.${method} answered ${answer.status}: ${message}`);
}
