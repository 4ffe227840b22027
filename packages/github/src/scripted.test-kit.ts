import { type Api, type ApiOptions, openApi } from './api.ts';

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** An object becomes JSON; text is sent as it is, as HTML unless headers say otherwise. */
  body?: unknown;
}

/** An API whose network is a list of answers; errors in it are thrown as a broken connection would be. */
export function scripted(answers: (ScriptedAnswer | Error)[], options: Partial<ApiOptions> = {}) {
  const asked: { url: string; headers: Headers }[] = [];
  const slept: number[] = [];
  const rest = [...answers];
  const api: Api = openApi({
    token: 'ghs_secretsecretsecret',
    fetch: async (url, init) => {
      asked.push({ url: String(url), headers: new Headers(init?.headers) });
      init?.signal?.throwIfAborted();
      const next = rest.shift();
      if (next === undefined) throw new Error('The script is at its end.');
      if (next instanceof Error) throw next;
      const isText = typeof next.body === 'string';
      return new Response(isText ? (next.body as string) : JSON.stringify(next.body ?? {}), {
        status: next.status ?? 200,
        headers: { 'content-type': isText ? 'text/html' : 'application/json; charset=utf-8', ...next.headers },
      });
    },
    sleep: async (millis, signal) => {
      signal?.throwIfAborted();
      slept.push(millis);
    },
    ...options,
  });
  return { api, asked, slept };
}
