import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '@tillgate/testbed';

/** What becomes of a request on its way to the API server. */
export type Fault = 'none' | 'busy' | 'broken' | 'lost before' | 'lost after' | 'silent' | 'changed';

/** A way to an API server on which things go wrong. */
interface FaultProxy {
  kubeconfig: string;
  /** How often each thing happened. */
  happened: Map<Fault, number>;
  close(): Promise<void>;
}

/**
 * Stands between a client and the API server. `fault` says what becomes of each request: answered with 429 or 500, cut off
 * before it arrives, carried out with its answer lost, never answered, or carried out under another resourceVersion.
 */
export async function startFaultProxy(
  { adminClient }: Cluster,
  fault: (method: string, path: string, count: number) => Fault,
): Promise<FaultProxy> {
  const { server: address, token, certificateAuthority } = adminClient;
  const ca = readFileSync(certificateAuthority);
  const happened = new Map<Fault, number>();
  let count = 0;
  const server: Server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const kind = fault(incoming.method ?? '', incoming.url ?? '', count++);
    happened.set(kind, (happened.get(kind) ?? 0) + 1);
    if (kind === 'silent') return;
    if (kind === 'lost before') return void incoming.socket.destroy();
    if (kind === 'busy' || kind === 'broken' || kind === 'changed') {
      const code = { busy: 429, broken: 500, changed: 409 }[kind];
      const reason = { busy: 'TooManyRequests', broken: 'InternalError', changed: 'Conflict' }[kind];
      outgoing
        .writeHead(code, { 'content-type': 'application/json', 'retry-after': '1' })
        .end(JSON.stringify({ kind: 'Status', status: 'Failure', code, reason, message: 'made up by the test' }));
      return;
    }
    const headers = { ...incoming.headers, authorization: `Bearer ${token}`, host: new URL(address).host };
    const pass = async (answer: IncomingMessage): Promise<void> => {
      const body: Buffer[] = [];
      for await (const chunk of answer as AsyncIterable<Buffer>) body.push(chunk);
      if (kind === 'lost after') return void incoming.socket.destroy();
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(body));
    };
    // An answer that is cut off, as a watch is when the API server ends, is cut off for the client too.
    const cut = () => incoming.socket.destroy();
    const sent = request(
      `${address}${incoming.url}`,
      { method: incoming.method, headers, ca },
      (answer) => void pass(answer).catch(cut),
    );
    sent.on('error', cut);
    sent.end(Buffer.concat(chunks));
    outgoing.on('close', () => sent.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    happened,
    kubeconfig: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'c', user: { token } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
