import { randomBytes } from 'node:crypto';
import { silentLog, systemPrograms } from '@tillgate/host';
import { component, programOf } from '../components/index.ts';
import { diesWithParent, openRun, programAndArgs, ready } from '../runs/index.ts';

/** A running Redis that keeps nothing on disk. */
export interface Redis {
  readonly version: string;
  /** `redis://` URL on the loopback address, with its password. */
  readonly url: string;
  readonly port: number;
  /** Runs one command and returns the answer as redis-cli prints it for programs. @throws Error with Redis's own */
  command(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a Redis of its own, with its own port and password.
 *
 * @throws MissingComponent
 */
export async function startRedis(): Promise<Redis> {
  const redis = await component('redis');
  const client = await programOf(redis, 'redis-cli');
  const run = await openRun('redis');
  try {
    const port = await run.port();
    const password = randomBytes(16).toString('hex');
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', ...redis.env };
    const command = async (...words: string[]): Promise<string> => {
      const ended = await systemPrograms(silentLog).run(client, ['-p', String(port), '-e', ...words], {
        env: { ...env, REDISCLI_AUTH: password },
        cwd: run.folder,
        timeoutMs: 30_000,
      });
      if (ended.exitCode !== 0) throw new Error(`redis-cli ${words[0]}: ${(ended.stderr + ended.stdout).trim()}`);
      return ended.stdout.trimEnd();
    };
    // The configuration comes by standard input: arguments could be read by everyone on the machine.
    const config = [
      'bind 127.0.0.1',
      `port ${port}`,
      `requirepass ${password}`,
      `dir "${run.folder}"`,
      'save ""',
      'appendonly no',
    ];
    const server = await run.start('redis', {
      ...programAndArgs([...diesWithParent(), redis.path, '-']),
      env,
      cwd: run.folder,
      input: `${config.join('\n')}\n`,
    });
    await ready(server, async () => (await command('PING')) === 'PONG');
    return {
      version: redis.version,
      url: `redis://:${password}@127.0.0.1:${port}`,
      port,
      command,
      stop: () => run.close(),
    };
  } catch (cause) {
    await run.close();
    throw cause;
  }
}
