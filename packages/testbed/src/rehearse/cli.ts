/**
 * `npm run rehearse`: one release travels the road on this machine. `-- --list` names the scenarios,
 * `-- --scenario <name>` chooses one. Exits as the workflow does: 0 only where the record was signed and, where it
 * is delivered, the release was promoted and stayed so.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { rehearse } from './rehearse.ts';
import { SCENARIOS } from './scenarios.ts';

const root = join(import.meta.dirname, '../../../..');
const { values } = parseArgs({
  options: { scenario: { type: 'string', default: 'release' }, list: { type: 'boolean', default: false } },
});

if (values.list) {
  for (const [name, { about, ends }] of Object.entries(SCENARIOS))
    console.log(`${name.padEnd(18)} ${about} (ends ${ends})`);
  process.exit(0);
}
const scenario = SCENARIOS[values.scenario];
if (!scenario) {
  console.error(`There is no scenario "${values.scenario}"; there are: ${Object.keys(SCENARIOS).join(', ')}.`);
  process.exit(2);
}

const began = performance.now();
const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`;
const say = (line: string) => console.log(`[${seconds(performance.now() - began).padStart(7)}] ${line}`);
const into = join(root, '.rehearsal', values.scenario);
const shown = (path: string) => relative(process.cwd(), path);

say(`scenario ${values.scenario}: ${scenario.about}`);
const { run, artifacts, images, keys, record, log, people, after, end, times } = await rehearse({
  root,
  scenario,
  into,
  say,
  onStep: (name, result, millis) =>
    say(
      `${result === 'success' ? 'ok     ' : result === 'skipped' ? 'skipped' : 'FAILED '} ${name} (${seconds(millis)})`,
    ),
});
say(`prepared in ${seconds(times.preparing)}, workflow in ${seconds(times.running)}`);

const decision = join(artifacts, 'tillgate-decision');
for (const [what, path] of [
  ['documents', artifacts],
  ['summary', join(decision, 'decision.md')],
  ['record', record],
  ['keys', keys],
  ['delivery', join(artifacts, 'tillgate-delivery')],
  ['recovery', join(artifacts, 'tillgate-recovery')],
  ['log', log],
] as const) {
  if (existsSync(path)) console.log(`${what.padEnd(10)} ${shown(path)}`);
}
const signed = existsSync(record);
if (signed) {
  console.log(`\ngo: the record is signed. Check it: npm run verify-record -- ${shown(record)} --keys ${shown(keys)}`);
} else {
  console.log('\nno-go: nothing was signed.');
  for (const reason of await reasons(join(decision, 'decision.json'), run.errors)) console.log(`  ${reason}`);
}
if (signed && people && end) {
  const stable = end.image.endsWith(images.candidate) ? 'the new version' : 'what ran before';
  console.log(`\nproduction runs ${stable}: ${end.image}`);
  const { requests, nowhere, bad, byVersion } = people;
  const [old, fresh] = [byVersion[images.production] ?? 0, byVersion[images.candidate] ?? 0];
  console.log(
    `people made ${requests} requests: ${old} answered by the old version, ${fresh} by the new, ${nowhere} by none; ${bad} went wrong`,
  );
  for (const reason of [...run.errors, ...(after && 'errors' in after ? after.errors : [])]) console.log(`  ${reason}`);
}
const promoted = end?.image.endsWith(images.candidate) ?? true;
process.exitCode = signed && promoted ? 0 : 1;

/** The decision's own reasons; where there is no decision, what the failed steps said. */
async function reasons(file: string, errors: readonly string[]): Promise<string[]> {
  if (!existsSync(file))
    return errors.length > 0 ? [...errors] : ['The workflow ended without a decision; see the log.'];
  const { objections } = JSON.parse(await readFile(file, 'utf8')) as {
    objections: { gate?: string; message: string; remedy: string }[];
  };
  return objections.length > 0
    ? objections.map(({ gate, message, remedy }) => `${gate ?? 'release'}: ${message} ${remedy}`)
    : [...errors];
}
