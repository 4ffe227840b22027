/**
 * What a step says to the runner: workflow commands on standard output, and files named by the environment.
 * The protocol: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 *
 * Written here instead of taken from @actions/core, whose HTTP client alone takes longer to load than
 * Node itself (docs/adr/0002-libraries.md).
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';

/** The environment variable in which the runner hands over an input. */
export function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}

/** An input as it was given, without blanks at its ends; empty where it was not given. */
export function getInput(name: string): string {
  return (process.env[variableOf(name)] ?? '').trim();
}

/** What the main step saved for `post:`; empty where it saved nothing. */
export function getState(name: string): string {
  return process.env[`STATE_${name}`] ?? '';
}

/** Hands over an output. @throws Error when the runner's file is gone */
export function setOutput(name: string, value: string): void {
  handOver('GITHUB_OUTPUT', name, value);
}

/** Saves something for `post:`. @throws Error when the runner's file is gone */
export function saveState(name: string, value: string): void {
  handOver('GITHUB_STATE', name, value);
}

/** Asks the runner to mask a text in every log from now on. */
export function setSecret(value: string): void {
  command('add-mask', value);
}

/** Shows an error in the log and as an annotation. */
export function error(message: string, { title }: { title: string }): void {
  command('error', message, title);
}

/** Shows a warning in the log and as an annotation. */
export function warning(message: string): void {
  command('warning', message);
}

/** Says something that is shown only with debug logging. */
export function debug(message: string): void {
  command('debug', message);
}

/** Says something in the log. */
export function info(message: string): void {
  process.stdout.write(`${message}\n`);
}

/** Adds Markdown to the summary of the job. Outside of a runner there is none, and nothing happens. */
export function addSummary(markdown: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) appendFileSync(file, `${markdown}\n`);
}

/** Writes `name<<delimiter`, the value, the delimiter: a random one, so that no value can end itself. */
function handOver(variable: string, name: string, value: string): void {
  const file = process.env[variable];
  if (!file) {
    info(`${name}=${value}`); // outside of a runner, for people who try an action by hand
    return;
  }
  if (!existsSync(file)) throw new Error(`${file}, where the runner takes "${name}" from (${variable}), is not there.`);
  const delimiter = `ghadelimiter_${randomUUID()}`;
  appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
}

/** A workflow command. What would end the line or the property is escaped, as the runner reads it back. */
function command(name: string, message: string, title?: string): void {
  const data = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = title
    ?.replaceAll('%', '%25')
    .replace(/[\r\n]+/g, ' ')
    .replaceAll(':', '%3A')
    .replaceAll(',', '%2C');
  process.stdout.write(`::${name}${property === undefined ? '' : ` title=${property}`}::${data}\n`);
}
