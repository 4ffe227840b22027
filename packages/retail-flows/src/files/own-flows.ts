import * as z from 'zod';
import type { Flow } from '../flow.ts';
import { FLOWS } from '../flows/index.ts';
import { declaredFlows } from './declared.ts';
import { FlowsFileError } from './flows-file-error.ts';
import { guarded } from './reading-only.ts';
import { placed, scriptedFlows } from './scripted.ts';

const someFunction = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
);

/** What a flow that a program made must look like. */
const shape = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'must be small letters, digits and hyphens'),
  title: z.string().min(1).max(200),
  modules: z.array(z.string()).max(50),
  since: z.number().optional(),
  writes: z.array(z.string()).max(50),
  run: someFunction,
  marked: z.array(z.strictObject({ model: z.string(), field: z.string() })).optional(),
  cleanUp: someFunction.optional(),
});

/**
 * Own flows from a file: declared (`.yml`, `.yaml`, `.json`) or a program (`.ts`, `.mts`, `.mjs`).
 *
 * @param name path of the file, as messages call it
 * @param temp a folder of this step's own
 * @throws YamlError, PolicyError, FlowsFileError with the line
 */
export async function readOwnFlows(bytes: Uint8Array, name: string, temp: string): Promise<Flow[]> {
  const flows = /\.(ya?ml|json)$/.test(name)
    ? declaredFlows(bytes, name)
    : /\.(m?ts|mjs)$/.test(name)
      ? checked(await scriptedFlows(bytes, name, temp), Buffer.from(bytes).toString('utf8'), name)
      : refuse(`${name}: own flows are declared in .yml, .yaml or .json, or made by .ts, .mts or .mjs.`);
  const known = new Set(FLOWS.map((flow) => flow.name));
  for (const flow of flows) {
    if (known.has(flow.name)) refuse(`${name}: there is a flow "${flow.name}" already. Give yours another name.`);
    known.add(flow.name);
  }
  return flows.map(guarded);
}

function checked(made: readonly unknown[], source: string, name: string): Flow[] {
  return made.map((flow, index) => {
    const read = shape.safeParse(flow);
    const called = (flow as { name?: unknown } | null)?.name;
    if (!read.success) {
      const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`);
      refuse(`${name}${lineOf(source, called)}: flow ${index + 1} cannot be run: ${faults.join('; ')}.`);
    }
    return placed(read.data as unknown as Flow, name);
  });
}

/** The line in which a program names a flow, as far as it writes the name out. */
function lineOf(source: string, called: unknown): string {
  if (typeof called !== 'string' || called === '') return '';
  const line = source.split('\n').findIndex((text) => /['"`]/.test(text) && text.includes(called));
  return line < 0 ? '' : `, line ${line + 1}`;
}

function refuse(message: string): never {
  throw new FlowsFileError(message);
}
