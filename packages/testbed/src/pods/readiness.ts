import { get } from 'node:http';
import type { Container, Pod, PodProcess } from './runtime.ts';

/** A question to a process whether it is ready. */
export interface Probe {
  ip: string;
  port: number;
  path: string;
  host?: string;
}

const ANSWER_MS = 1_000;

/** The readiness probe of the container where it asks over HTTP, else the runtime's. */
export function probeOf(pod: Pod, container: Container, process: PodProcess): Probe | undefined {
  const ip = pod.status.podIP as string;
  const asked = container.readinessProbe?.httpGet;
  if (asked) {
    const port = typeof asked.port === 'number' ? asked.port : portNamed(container, asked.port);
    const host = asked.httpHeaders?.find((header) => header.name.toLowerCase() === 'host')?.value;
    return { ip, port, path: asked.path ?? '/', ...(host && { host }) };
  }
  return process.ready && { ip, ...process.ready };
}

function portNamed(container: Container, name: string): number {
  const port = container.ports?.find((each) => each.name === name)?.containerPort;
  if (port === undefined)
    throw new Error(`The readiness probe of ${container.name} asks port "${name}", which it does not have.`);
  return port;
}

/** Whether a process answers with a status below 400 within a second. */
export function answers(probe: Probe, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { host: probe.host ?? `${probe.ip}:${probe.port}`, connection: 'close' };
    const options = {
      host: probe.ip,
      port: probe.port,
      path: probe.path,
      headers,
      timeout: ANSWER_MS,
      signal,
      agent: false,
    };
    const sent = get(options, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(false));
    sent.on('close', () => resolve(false));
  });
}
