/**
 * Cuts GitHub's OpenAPI description down to the operations that the stand-in has, and writes it to
 * fixtures/api.github.com.json. Needed only when an operation is added or GitHub's API version moves.
 *
 * The full description is an npm package of several hundred megabytes, so it is no dependency. In a folder
 * outside this repository run `npm install --ignore-scripts @octokit/openapi@23.0.2`, then here
 *
 *   node scripts/on-node24.mjs packages/testbed/src/github/trim-description.cli.ts \
 *     FOLDER/node_modules/@octokit/openapi/generated/api.github.com.json
 *
 * What is cut: operations not in OPERATIONS, components that nothing left refers to, prose and examples.
 * No schema is changed, so an answer fits the fixture exactly when it fits GitHub's own description.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@tillgate/host';
import { OPERATIONS } from './operations.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const PROSE = new Set(['description', 'summary', 'externalDocs', 'example', 'examples', 'x-github', 'title']);

/** Without prose; members of `properties` are names of data and stay whatever they are called. */
function withoutProse(node: Json, namesData = false): Json {
  if (Array.isArray(node)) return node.map((item) => withoutProse(item));
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => namesData || !PROSE.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutProse(value, key === 'properties' && !namesData)]));
}

/** OpenAPI demands a description of every response; an empty one is one. */
function withDescriptions(responses: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(responses).map(([key, response]) => [
      key,
      '$ref' in (response as JsonObject) ? response : { description: '', ...(response as JsonObject) },
    ]),
  );
}

function referencesIn(node: Json, found: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) referencesIn(item, found);
  else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && typeof value === 'string') found.add(value);
      else referencesIn(value, found);
    }
  }
}

function lookUp(root: JsonObject, reference: string): Json {
  const steps = reference.replace(/^#\//, '').split('/');
  return steps.reduce<Json>((node, step) => (node as JsonObject)[step] as Json, root);
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('Name the file api.github.com.json of @octokit/openapi.');
const whole = JSON.parse(await readFile(source, 'utf8')) as JsonObject;
const info = whole.info as JsonObject;

const paths: Record<string, JsonObject> = {};
for (const operation of OPERATIONS) {
  const [method, path] = operation.split(' ') as [string, string];
  const described = ((whole.paths as JsonObject)[path] as JsonObject | undefined)?.[method.toLowerCase()];
  if (described === undefined) throw new Error(`GitHub does not describe ${operation}.`);
  const kept = withoutProse(described) as JsonObject;
  const responses = withDescriptions(kept.responses as JsonObject);
  paths[path] = { ...paths[path], [method.toLowerCase()]: { ...kept, responses } };
}

const components: Record<string, JsonObject> = {};
const wanted = new Set<string>();
referencesIn(paths, wanted);
for (const reference of wanted) {
  const [, kind, name] = reference.replace(/^#\//, '').split('/') as [string, string, string];
  const component = withoutProse(lookUp(whole, reference));
  components[kind] = { ...components[kind], [name]: component };
  referencesIn(component, wanted); // A Set that grows while it is walked is walked to its new end.
}
// Errors that any operation may answer with, described at some only.
for (const name of ['basic-error', 'validation-error', 'validation-error-simple']) {
  components.schemas = { ...components.schemas, [name]: withoutProse(lookUp(whole, `#/components/schemas/${name}`)) };
}

if (components.responses) components.responses = withDescriptions(components.responses);

const trimmed = {
  openapi: whole.openapi,
  info: { title: info.title, version: info.version, license: info.license },
  servers: whole.servers,
  paths,
  components,
};
const target = join(import.meta.dirname, 'fixtures', 'api.github.com.json');
await writeWhole(target, `${JSON.stringify(trimmed)}\n`);
console.log(`${OPERATIONS.length} operations, ${JSON.stringify(trimmed).length} bytes: ${target}`);
