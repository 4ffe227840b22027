/** GitHub's no: a status and a message, as its documentation words them. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly details: readonly unknown[] | undefined;

  constructor(status: number, message: string, details?: readonly unknown[], headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

export const notFound = () => new Refusal(404, 'Not Found');
export const invalid = (...details: unknown[]) => new Refusal(422, 'Validation Failed', details);
/** A 422 whose errors are sentences, which some endpoints of GitHub answer instead. */
export const unprocessable = (...sentences: string[]) => new Refusal(422, 'Unprocessable Entity', sentences);
