import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** A process to run in a bed. */
export interface ProcessSpec {
  /** Unique in the bed; names its log. */
  name: string;
  file: string;
  args: readonly string[];
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  cwd: string;
}

/** A process of a bed, as `status` shows it. */
export interface ProcessState {
  name: string;
  /** Process id as seen inside the bed. */
  pid: number;
  /** Milliseconds since the epoch. */
  since: number;
  /** Resident memory in bytes, what it shares with others counted in parts. */
  memory: number;
  /** Exit code or signal once it has ended. */
  ended?: number | string;
}

/** What pods become, for the keeper's pod agent. */
export interface PodsSpec {
  /** Modules whose default export is a PodRuntime, as file URLs. */
  runtimes: readonly string[];
  /** Folder with the API server's certificate, key and the agent's token. */
  credentials: string;
}

/** What can be asked of a keeper. */
export interface Requests {
  start: { in: ProcessSpec; out: { pid: number } };
  stop: { in: { name: string; signal?: NodeJS.Signals }; out: { ended: number | string } };
  signal: { in: { name: string; signal: NodeJS.Signals }; out: Record<string, never> };
  restart: { in: { name: string }; out: { pid: number } };
  wait: { in: { name: string }; out: { ended: number | string } };
  status: {
    in: Record<string, never>;
    out: { since: number; about: Record<string, string>; processes: ProcessState[] };
  };
  describe: { in: Record<string, string>; out: Record<string, never> };
  pods: { in: PodsSpec; out: Record<string, never> };
}

export type RequestName = keyof Requests;
export const SOCKET = 'keeper.sock';

/** Sends one request to the keeper that listens on a Unix socket. One connection, one line each way. */
export function ask<R extends RequestName>(
  socket: string,
  request: R,
  input: Requests[R]['in'],
): Promise<Requests[R]['out']> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    connection.on('error', (cause) =>
      reject(new Error(`The bed at ${socket} does not answer: ${cause.message}`, { cause })),
    );
    connection.on('connect', () => connection.write(`${JSON.stringify({ request, input })}\n`));
    const lines = createInterface(connection).on('error', () => {}); // told by the connection
    let answered = false;
    lines.once('line', (line) => {
      answered = true;
      connection.end();
      const answer = JSON.parse(line) as { output: Requests[R]['out'] } | { error: string };
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.output);
    });
    connection.on('close', () => {
      if (!answered) reject(new Error(`The bed at ${socket} ended before it answered "${request}".`));
    });
  });
}
