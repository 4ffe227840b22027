import { GitHubError } from './errors.ts';

/**
 * `fetch` that reads the whole answer here, but never more than `limit` bytes: what comes back after a
 * proxy is not to be trusted with our memory, and a connection that breaks midway is an error at once.
 */
export function boundedFetch(limit: number, inner: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init);
    if (!response.body) return response;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      length += chunk.length;
      if (length > limit) {
        throw new GitHubError('too-large', `The answer has more than the ${limit} bytes that are read.`);
      }
      chunks.push(chunk);
    }
    const { status, statusText, headers } = response;
    return new Response(Buffer.concat(chunks), { status, statusText, headers });
  };
}
