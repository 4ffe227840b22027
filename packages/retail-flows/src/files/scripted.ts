import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Flow, Visit } from '../flow.ts';
import { FlowsFileError } from './flows-file-error.ts';
import { kit } from './kit.ts';

/**
 * Flows that a TypeScript file makes. Node takes the types away by itself, so the file has to keep to what
 * can be taken away, and it can import nothing but Node's own modules: what it needs is handed to it.
 *
 * The file is a program and runs in this process. Only a file that nobody can change together with the release
 * may come here.
 *
 * @param temp a folder of this step's own, into which the file is put
 * @throws FlowsFileError with the line
 */
export async function scriptedFlows(bytes: Uint8Array, name: string, temp: string): Promise<unknown[]> {
  const file = join(temp, basename(name));
  await writeFile(file, bytes);
  let made: unknown;
  try {
    const module = (await import(/* webpackIgnore: true */ pathToFileURL(file).href)) as { default?: unknown };
    if (typeof module.default !== 'function') {
      throw new FlowsFileError(`${name}: its default export must be a function that takes the kit and gives flows.`);
    }
    made = module.default(kit);
  } catch (cause) {
    if (cause instanceof FlowsFileError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new FlowsFileError(`${name}${lineIn(cause, file)}: ${message}`, { cause });
  }
  if (!Array.isArray(made)) throw new FlowsFileError(`${name}: its default export gives no list of flows.`);
  return made;
}

/** Says in which line of the file it was that something went wrong in a flow. */
export function placed(flow: Flow, name: string): Flow {
  const file = basename(name);
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const place = lineIn(cause, file);
      if (cause instanceof Error && place !== '' && !cause.message.includes(place)) {
        cause.message = `${cause.message} (${name}${place})`;
      }
      throw cause;
    }
  };
  const watched = (visit: Visit): Visit => ({
    ...visit,
    prepare: (what, work) => visit.prepare(what, () => told(work)),
    step: (what, work) => visit.step(what, () => told(work)),
  });
  const { cleanUp } = flow;
  return {
    ...flow,
    run: (visit) => told(async () => flow.run(watched(visit))),
    ...(cleanUp && { cleanUp: (aftermath) => told(async () => cleanUp(aftermath)) }),
  };
}

/** The line of a file that an error's stack names first, as `, line 12`; nothing where it names none. */
function lineIn(cause: unknown, file: string): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : '';
  const from = stack.indexOf(`${file}:`);
  const line = from < 0 ? undefined : /^:(\d+)/.exec(stack.slice(from + file.length))?.[1];
  return line === undefined ? '' : `, line ${line}`;
}
