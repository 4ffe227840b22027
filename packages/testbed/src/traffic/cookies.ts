/** The cookies of one session at one host: enough for session affinity and Odoo's `session_id`. */
export class Cookies {
  readonly #values = new Map<string, string>();

  get count(): number {
    return this.#values.size;
  }

  /**
   * Takes in what an answer's `set-cookie` says. Of the attributes only those that end a cookie are
   * heeded (RFC 6265, section 5.3): a session asks one host, and every path of it.
   */
  take(setCookie: string | string[] | undefined): void {
    for (const line of typeof setCookie === 'string' ? [setCookie] : (setCookie ?? [])) {
      const [pair = '', ...attributes] = line.split(';');
      const equals = pair.indexOf('=');
      const name = pair.slice(0, equals).trim();
      if (equals < 1 || name === '') continue;
      if (attributes.some(ends)) this.#values.delete(name);
      else this.#values.set(name, pair.slice(equals + 1).trim());
    }
  }

  /** The value of the `cookie` header; undefined where there is nothing to send. */
  header(): string | undefined {
    if (this.#values.size === 0) return undefined;
    return Array.from(this.#values, ([name, value]) => `${name}=${value}`).join('; ');
  }
}

/** Whether an attribute says that the cookie is over. */
function ends(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=').map((part) => part.trim());
  if (name.toLowerCase() === 'max-age') return Number(value) <= 0;
  return name.toLowerCase() === 'expires' && Date.parse(value) <= Date.now();
}
