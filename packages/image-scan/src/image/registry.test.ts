import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { digestOf, type Sha256 } from '@tillgate/release';
import { parseImageReference } from './image-reference.ts';
import { resolveImage } from './resolve-image.ts';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const config = json({ os: 'linux', architecture: 'amd64' });
const manifest = json({ schemaVersion: 2, config: { digest: digestOf(config), size: config.length }, layers: [] });

let server: Server;
let host: string;
let folder: string;
let answers: Map<string, Buffer>;
let intercept: (request: IncomingMessage, response: ServerResponse) => boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillgate-docker-'));
  answers = new Map<string, Buffer>([
    [`/v2/shop/manifests/${digestOf(manifest)}`, manifest],
    [`/v2/shop/blobs/${digestOf(config)}`, config],
  ]);
  intercept = () => false;
  server = createServer((request, response) => {
    if (intercept(request, response)) return;
    const body = answers.get(request.url ?? '');
    response.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const resolve = (digest: Sha256) =>
  resolveImage(parseImageReference(`${host}/shop@${digest}`), {
    dockerConfig: folder,
    signal: new AbortController().signal,
  });

describe('an image in a registry', () => {
  it('is followed from its digest to its configuration', async () => {
    expect(await resolve(digestOf(manifest))).toMatchObject({
      images: [{ platform: 'linux/amd64', manifest: digestOf(manifest), config: digestOf(config) }],
    });
  });

  it('is refused when the registry sends something else', async () => {
    const wanted = digestOf('what was asked for');
    answers.set(`/v2/shop/manifests/${wanted}`, manifest);
    await expect(resolve(wanted)).rejects.toThrow('was damaged or exchanged');
    answers.set(`/v2/shop/blobs/${digestOf(config)}`, json({ os: 'linux', architecture: 'arm64' }));
    await expect(resolve(digestOf(manifest))).rejects.toThrow('was damaged or exchanged');
  });

  it.each([
    [404, 'has no manifest'],
    [403, 'Log in'],
    [429, 'too many requests'],
    [500, 'answered 500'],
  ])('tells why it is not had: %i', async (status, why) => {
    intercept = (_, response) => Boolean(response.writeHead(status).end());
    await expect(resolve(digestOf(manifest))).rejects.toThrow(why);
  });

  it('is asked for with a token, got with the credentials of this runner', async () => {
    const credentials = Buffer.from('robot:secret').toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth: credentials } } }));
    const asked: string[] = [];
    intercept = (request, response) => {
      const url = new URL(request.url ?? '', `http://${host}`);
      if (url.pathname === '/token') {
        asked.push(`${request.headers.authorization} ${url.search}`);
        return Boolean(response.end(JSON.stringify({ token: 'ticket' })));
      }
      if (request.headers.authorization === 'Bearer ticket') return false;
      const challenge = `Bearer realm="http://${host}/token",service="registry",scope="repository:shop:pull"`;
      return Boolean(response.writeHead(401, { 'www-authenticate': challenge }).end());
    };
    await expect(resolve(digestOf(manifest))).resolves.toBeDefined();
    expect(asked).toEqual([`Basic ${credentials} ?service=registry&scope=repository%3Ashop%3Apull`]);
  });

  it('does not get credentials sent to a token service without TLS', async () => {
    intercept = (_, response) =>
      Boolean(response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://tokens.example.org/"' }).end());
    await expect(resolve(digestOf(manifest))).rejects.toThrow('without TLS');
  });

  it.each([
    ['an index in an index', { schemaVersion: 2, manifests: [] }, 'lists no image'],
    ['a manifest of schema 1', { schemaVersion: 1, fsLayers: [] }, 'not as the image specification has it'],
    ['a manifest without configuration', { schemaVersion: 2, layers: [] }, 'config'],
    ['a list', [], 'not as the image specification has it'],
    ['null', null, 'not as the image specification has it'],
  ])('is refused as %s', async (_, value, why) => {
    const bytes = json(value);
    answers.set(`/v2/shop/manifests/${digestOf(bytes)}`, bytes);
    await expect(resolve(digestOf(bytes))).rejects.toThrow(why);
  });

  it('whose index calls it another platform than it is, is refused', async () => {
    const platform = { os: 'linux', architecture: 'arm64' };
    const index = json({
      schemaVersion: 2,
      manifests: [{ digest: digestOf(manifest), size: manifest.length, platform }],
    });
    answers.set(`/v2/shop/manifests/${digestOf(index)}`, index);
    await expect(resolve(digestOf(index))).rejects.toThrow('calls');
  });

  describe('with an index', () => {
    const descriptorOf = (bytes: Buffer) => ({ digest: digestOf(bytes), size: bytes.length });
    const CLEAN = { ...descriptorOf(manifest), platform: { os: 'linux', architecture: 'amd64' } };
    const ATTESTATION = { 'vnd.docker.reference.type': 'attestation-manifest' };
    const hiddenConfig = json({ os: 'linux', architecture: 'arm64' });
    const hidden = json({ schemaVersion: 2, config: descriptorOf(hiddenConfig), layers: [] });
    const put = (document: string | object) => {
      const bytes = typeof document === 'string' ? Buffer.from(document) : json(document);
      answers.set(`/v2/shop/manifests/${digestOf(bytes)}`, bytes);
      return digestOf(bytes);
    };
    const platformsOf = async (...manifests: object[]) => {
      answers.set(`/v2/shop/manifests/${digestOf(hidden)}`, hidden);
      answers.set(`/v2/shop/blobs/${digestOf(hiddenConfig)}`, hiddenConfig);
      const resolved = await resolve(put({ schemaVersion: 2, manifests }));
      return resolved.kind === 'images' ? resolved.images.map(({ platform }) => platform) : [];
    };

    it('leaves out attestations as BuildKit writes them', async () => {
      const platform = { os: 'unknown', architecture: 'unknown' };
      const attestation = { ...descriptorOf(json({})), platform, annotations: ATTESTATION };
      expect(await platformsOf(CLEAN, attestation)).toEqual(['linux/amd64']);
    });

    it.each([
      ['for a platform that nodes have', { platform: { os: 'linux', architecture: 'arm64' } }],
      ['for no platform: a node reads it out of the image', {}],
    ])('judges an image that is called an attestation, %s', async (_, platform) => {
      const called = { ...descriptorOf(hidden), ...platform, annotations: ATTESTATION };
      expect(await platformsOf(CLEAN, called)).toEqual(['linux/amd64', 'linux/arm64']);
    });

    it.each([
      // Whoever takes it for an image runs these layers: CVE-2021-41190.
      ['that is an image as well', { schemaVersion: 2, manifests: [CLEAN], ...JSON.parse(hidden.toString()) }],
      // Go's encoding/json takes the last one, whatever its case, and container runtimes are written in Go.
      ['with a second list in capitals', { schemaVersion: 2, manifests: [CLEAN], MANIFESTS: [descriptorOf(hidden)] }],
      ['with a second list in a letter that folds to s', { schemaVersion: 2, manifests: [CLEAN], manifeſts: [] }],
      ['whose entry has two digests', { schemaVersion: 2, manifests: [{ ...CLEAN, Digest: digestOf(hidden) }] }],
    ])('refuses one %s: others would read it differently', async (_, document) => {
      await expect(resolve(put(document))).rejects.toThrow('read differently');
    });

    it('refuses a platform whose name no finding can hold', async () => {
      const config = json({ os: 'linux', architecture: 'x'.repeat(10_000) });
      answers.set(`/v2/shop/blobs/${digestOf(config)}`, config);
      const image = put({ schemaVersion: 2, config: descriptorOf(config), layers: [] });
      await expect(resolve(image)).rejects.toThrow('architecture');
    });

    it('refuses one that is nested without end', async () => {
      const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      await expect(resolve(put(nested))).rejects.toThrow('nested deeper than');
    });

    it('knows the 64-bit Arm of version 8 by one name, however its image was built', async () => {
      const config = json({ os: 'linux', architecture: 'arm64', variant: 'v8' });
      const image = json({ schemaVersion: 2, config: descriptorOf(config), layers: [] });
      answers.set(`/v2/shop/blobs/${digestOf(config)}`, config);
      const resolved = await resolve(put(image.toString()));
      expect(resolved).toMatchObject({ images: [{ platform: 'linux/arm64' }] });
    });
  });

  it('that sends without end is left', async () => {
    intercept = (_, response) => Boolean(response.writeHead(200).end(Buffer.alloc(5 * 1024 * 1024)));
    await expect(resolve(digestOf(manifest))).rejects.toThrow('more than');
  });
});

describe('a reference', () => {
  const DIGEST = `sha256:${'a'.repeat(64)}`;
  it.each([
    [`registry.example.org/shop@${DIGEST}`, { kind: 'registry', host: 'registry.example.org', repository: 'shop' }],
    [
      `registry.example.org:5000/a/b-c:19.0@${DIGEST}`,
      { kind: 'registry', host: 'registry.example.org:5000', repository: 'a/b-c' },
    ],
    [`localhost/shop@${DIGEST}`, { kind: 'registry', host: 'localhost' }],
    [`oci:build/shop@${DIGEST}`, { kind: 'oci-layout', path: 'build/shop' }],
    [`docker-archive:shop.tar@${DIGEST}`, { kind: 'docker-archive', path: 'shop.tar' }],
  ])('%s', (text, expected) => {
    expect(parseImageReference(text)).toMatchObject({ ...expected, digest: DIGEST });
  });

  it.each([
    ['registry.example.org/shop:19.0', 'names no digest'],
    [`registry.example.org/shop@${DIGEST.slice(0, -1)}`, 'names no digest'],
    [`shop@${DIGEST}`, 'in which registry'],
    [`corner-shops/shop@${DIGEST}`, 'in which registry'],
    [`registry.example.org/../secret@${DIGEST}`, 'in which registry'],
    [`registry.example.org/shop --insecure@${DIGEST}`, 'in which registry'],
    [`--config=x/shop@${DIGEST}`, 'in which registry'],
    [`oci:@${DIGEST}`, 'needs a path'],
  ])('%s is refused', (text, why) => {
    expect(() => parseImageReference(text)).toThrow(why);
  });
});
