import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { component } from '../components/index.ts';
import { diesWithParent, openRun, programAndArgs, type RunProcess } from '../runs/index.ts';
import { until } from '../until.ts';

/** A running OCI registry, empty at first, which anybody on this machine may write to. */
export interface Registry {
  readonly version: string;
  /** Host and port, as it stands at the beginning of an image's name. */
  readonly host: string;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a registry of its own, with its own port and storage.
 *
 * @throws MissingComponent
 */
export async function startRegistry(): Promise<Registry> {
  const program = await component('docker-registry');
  const run = await openRun('registry');
  try {
    const port = await run.port();
    const host = `127.0.0.1:${port}`;
    const url = `http://${host}`;
    const config = join(run.folder, 'config.yml');
    // JSON is YAML. https://distribution.github.io/distribution/about/configuration/
    const settings = {
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(run.folder, 'storage') }, delete: { enabled: true } },
      http: { addr: host },
    };
    await writeFile(config, JSON.stringify(settings));
    const server = await run.start('registry', {
      ...programAndArgs([...diesWithParent(), program.path, 'serve', config]),
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', OTEL_TRACES_EXPORTER: 'none', ...program.env },
      cwd: run.folder,
    });
    const answers = async () => (await fetch(`${url}/v2/`)).ok;
    await Promise.race([until('The registry answers', answers), endedEarly(server)]);
    return { version: program.version, host, url, stop: () => run.close() };
  } catch (cause) {
    await run.close();
    throw cause;
  }
}

async function endedEarly(server: RunProcess): Promise<never> {
  throw new Error(`The registry ended with ${await server.ended} while starting: ${await server.tail()}`);
}
