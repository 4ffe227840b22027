import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Sha256 } from '@tillgate/release';
import { BLOB_LIMIT } from './checked.ts';
import { ImageError } from './image-reference.ts';
import type { BlobReader } from './manifest.ts';

const ACCEPTED = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const TIMEOUT_MS = 30_000;

/** How a registry is spoken to; what is not given is left out of the requests. */
export interface RegistryAccess {
  /** Folder with docker's config.json; its `auths` are used, credential helpers are not run. */
  dockerConfig?: string | undefined;
  signal: AbortSignal;
}

/**
 * Reads manifests and configurations by digest from a registry (OCI distribution specification, pull), with
 * the token dance of its `WWW-Authenticate` header. Plain HTTP is spoken to this machine only.
 */
export function registryReader(host: string, repository: string, access: RegistryAccess): BlobReader {
  const scheme = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host) ? 'http' : 'https';
  let authorization: string | undefined;
  const get = (url: string, headers: Record<string, string>) =>
    fetch(url, { headers, signal: AbortSignal.any([access.signal, AbortSignal.timeout(TIMEOUT_MS)]) }).catch(
      (cause: Error) => {
        throw new ImageError(
          `The registry did not answer (${(cause.cause as Error | undefined)?.message ?? cause.message}). Check network and proxy of this runner.`,
          { cause },
        );
      },
    );
  return async (digest, what) => {
    const url = `${scheme}://${host}/v2/${repository}/${what === 'manifest' ? 'manifests' : 'blobs'}/${digest}`;
    const ask = () =>
      get(url, {
        accept: what === 'manifest' ? ACCEPTED : '*/*',
        ...(authorization !== undefined && { authorization }),
      });
    let answer = await ask();
    if (answer.status === 401 && authorization === undefined) {
      authorization = await authorizationFor(answer.headers.get('www-authenticate') ?? '', host, access, get);
      answer = await ask();
    }
    if (!answer.ok) throw new ImageError(refusal(answer.status, digest, what));
    return boundedBody(answer);
  };
}

async function authorizationFor(
  challenge: string,
  host: string,
  { dockerConfig }: RegistryAccess,
  get: (url: string, headers: Record<string, string>) => Promise<Response>,
): Promise<string> {
  const basic = await storedCredentials(host, dockerConfig);
  if (/^basic/i.test(challenge) && basic !== undefined) return basic;
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  if (!/^bearer/i.test(challenge) || fields.realm === undefined) {
    throw new ImageError(
      'The registry asks for credentials that this runner does not have. Log in to it before the gate.',
    );
  }
  const realm = new URL(fields.realm);
  if (realm.protocol !== 'https:' && !['localhost', '127.0.0.1'].includes(realm.hostname)) {
    throw new ImageError(
      'The registry sends its readers to a token service without TLS; credentials are not sent there.',
    );
  }
  for (const name of ['service', 'scope'] as const) if (fields[name]) realm.searchParams.set(name, fields[name]);
  const answer = await get(realm.href, basic === undefined ? {} : { authorization: basic });
  const body = (await answer.json().catch(() => ({}))) as { token?: unknown; access_token?: unknown };
  const token = body.token ?? body.access_token;
  if (!answer.ok || typeof token !== 'string') {
    throw new ImageError(
      `The registry's token service refused (${answer.status}). Check the credentials of this runner.`,
    );
  }
  return `Bearer ${token}`;
}

async function storedCredentials(host: string, folder = join(homedir(), '.docker')): Promise<string | undefined> {
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '{}';
    throw cause;
  });
  const { auths } = JSON.parse(text) as { auths?: Record<string, { auth?: string }> };
  const auth = auths?.[host]?.auth ?? auths?.[`https://${host}`]?.auth;
  return auth === undefined ? undefined : `Basic ${auth}`;
}

function refusal(status: number, digest: Sha256, what: string): string {
  if (status === 404)
    return `The registry has no ${what} ${digest} in this repository. It may have been deleted, or lie in another one.`;
  if (status === 401 || status === 403)
    return `The registry does not let this runner read ${digest} (${status}). Log in to it before the gate.`;
  if (status === 429) return 'The registry refuses for now: too many requests (429). Use a mirror, or run again later.';
  return `The registry answered ${status} when asked for ${digest}.`;
}

async function boundedBody(answer: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > BLOB_LIMIT) throw new ImageError(`The registry sent more than ${BLOB_LIMIT} bytes for a manifest.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
