import { existsSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NODE_ADDRESS, NODE_PORT } from '../bed/networks.ts';
import type { Processes } from '../bed/processes.ts';
import { processName } from './life.ts';

/**
 * Answers the API server for all nodes, so that `kubectl logs`, with --follow and --tail, shows what
 * the process of a pod has written. Only the bed can reach it.
 */
export function serveLogs(credentials: string, processes: Processes): Promise<void> {
  const key = readFileSync(join(credentials, 'apiserver.key'));
  const cert = readFileSync(join(credentials, 'apiserver.crt'));
  const server = createServer({ key, cert }, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://node');
    const [, what, namespace, pod, container] = url.pathname.split('/');
    if (what !== 'containerLogs' || !namespace || !pod || !container) {
      response.writeHead(404).end('Nodes of this test bed answer for logs only.\n');
      return;
    }
    const name = processName(namespace, pod, container);
    if (!existsSync(processes.logOf(name))) {
      response.writeHead(404).end('This pod is no process, so it has written nothing.\n');
      return;
    }
    const tail = url.searchParams.get('tailLines');
    const follow = url.searchParams.get('follow') === 'true';
    send(response, processes, name, tail === null ? undefined : Number(tail), follow).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(NODE_PORT, NODE_ADDRESS, resolve));
}

async function send(
  response: ServerResponse,
  processes: Processes,
  name: string,
  tail: number | undefined,
  follow: boolean,
): Promise<void> {
  const path = processes.logOf(name);
  const text = readFileSync(path);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(tail === undefined ? text : lastLines(text, tail));
  let position = text.length;
  while (follow && !response.destroyed) {
    const running = processes.runs(name);
    const more = statSync(path).size - position;
    if (more > 0) {
      const file = await open(path);
      const { buffer } = await file.read(Buffer.alloc(more), 0, more, position);
      await file.close();
      response.write(buffer);
      position += more;
    }
    if (!running) break;
    await sleep(200);
  }
  response.end();
}

/** The last lines of a text, with their line ends. */
function lastLines(text: Buffer, count: number): Buffer {
  const lines = text.toString('utf8').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return Buffer.from(count === 0 ? '' : lines.slice(-count).join(''));
}
