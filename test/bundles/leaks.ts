import { CLUSTER_TOKEN, SIGNING_KEY } from './inputs.ts';
import type { Ran } from './run-bundle.ts';

/** The secrets of a step that can be read in what it left, in any usual form. */
export function secretsIn(ran: Ran, token: string): string[] {
  const body = SIGNING_KEY.split('\n')[1] ?? '';
  const said = [ran.log, ran.summary, ...Object.values(ran.outputs), ...Object.values(ran.left)].join('\n');
  const readable = [said, decodeURIComponent(said.replace(/%(?![0-9A-F]{2})/g, '')), entities(said), ...decoded(said)];
  return [token, CLUSTER_TOKEN, body].filter((secret) => readable.some((text) => text.includes(secret)));
}

/** Every run of base64 characters, read at each of the four offsets at which it could begin. */
function decoded(text: string): string[] {
  const runs = decodeURIComponent(text.replace(/%(?![0-9A-F]{2})/g, '')).match(/[A-Za-z0-9+/_-]{12,}/g) ?? [];
  return runs.flatMap((run) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')),
  );
}

function entities(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}
