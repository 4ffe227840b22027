import { get } from 'node:http';
import { type Beside, succeeds } from './exec.ts';
import type { Container, Pod, PodProcess } from './runtime.ts';

/** A question to a process whether it is ready. */
export type Probe = HttpProbe | ExecProbe;

interface Patience {
  /** How long an answer may take, ms. */
  timeoutMs: number;
  /** How many questions in a row a ready process may fail to answer until it is unready. */
  failures: number;
}

interface HttpProbe extends Patience {
  ip: string;
  port: number;
  path: string;
  host?: string;
}

interface ExecProbe extends Patience {
  command: readonly string[];
}

/** What Kubernetes takes where a probe does not say it. */
const DEFAULTS = { timeoutSeconds: 1, failureThreshold: 3 };

/** The readiness probe of the container where it asks over HTTP or runs a command, else the runtime's. */
export function probeOf(pod: Pod, container: Container, process: PodProcess): Probe | undefined {
  const ip = pod.status.podIP as string;
  const { httpGet: asked, exec, ...told } = container.readinessProbe ?? {};
  const { timeoutSeconds, failureThreshold: failures } = { ...DEFAULTS, ...told };
  const patience = { timeoutMs: timeoutSeconds * 1_000, failures };
  if (exec) return { command: exec.command, ...patience };
  if (asked) {
    const port = typeof asked.port === 'number' ? asked.port : portNamed(container, asked.port);
    const host = asked.httpHeaders?.find((header) => header.name.toLowerCase() === 'host')?.value;
    return { ip, port, path: asked.path ?? '/', ...(host && { host }), ...patience };
  }
  return process.ready && { ip, ...process.ready, ...patience };
}

function portNamed(container: Container, name: string): number {
  const port = container.ports?.find((each) => each.name === name)?.containerPort;
  if (port === undefined)
    throw new Error(`The readiness probe of ${container.name} asks port "${name}", which it does not have.`);
  return port;
}

/**
 * What answers mean, one after the other, as a kubelet takes them: the first good one makes a pod ready, and it stays
 * so until as many in a row as the probe allows were bad. One slow answer takes no pod out of its Service.
 */
export function readiness({ failures }: Pick<Probe, 'failures'>): (answered: boolean) => boolean {
  let ready = false;
  let bad = 0;
  return (answered) => {
    bad = answered ? 0 : bad + 1;
    ready = answered || (ready && bad < failures);
    return ready;
  };
}

/** Whether a process answers with a status below 400, or the command beside it ends with 0, in time. */
export function answers(probe: Probe, beside: Beside, signal: AbortSignal): Promise<boolean> {
  return 'command' in probe ? succeeds(probe.command, beside, probe.timeoutMs, signal) : answersHttp(probe, signal);
}

function answersHttp(probe: HttpProbe, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { host: probe.host ?? `${probe.ip}:${probe.port}`, connection: 'close' };
    const options = {
      host: probe.ip,
      port: probe.port,
      path: probe.path,
      headers,
      timeout: probe.timeoutMs,
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
