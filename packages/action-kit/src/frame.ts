import { rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Clock, type Log, type Programs, systemClock, systemPrograms } from '@tillgate/host';
import type { Outcome } from '@tillgate/release';
import type { InputKinds, Values } from './input-kinds.ts';
import { cutSummary } from './markdown.ts';
import { readInputs } from './read-inputs.ts';
import { addSummary, error, getState, saveState, setOutput } from './runner.ts';
import { harmless, runnerLog } from './runner-log.ts';
import { noSecrets, type Secrets } from './secrets.ts';
import { makeTemp } from './temp.ts';

/** What an action is, for its users and for the generator of action.yml and README. */
export interface Definition<I extends InputKinds> {
  name: string;
  title: string;
  description: string;
  inputs: I;
  /** Outputs beside `outcome`, by name, each with one line of explanation. */
  outputs: Readonly<Record<string, string>>;
  /** Milliseconds after which the action is cancelled from within. */
  deadlineMs: number;
  /** Milliseconds that the body is given, once cancelled, to leave a defined state and to say which. None unless told. */
  graceMs?: number;
}

/** What the frame hands to the body of an action. */
export interface Frame<I extends InputKinds> {
  inputs: Values<I>;
  clock: Clock;
  log: Log;
  programs: Programs;
  /** Aborted on SIGINT, SIGTERM and at the deadline. */
  signal: AbortSignal;
  /** A folder of this step's own, removed at the end of the job whatever happens. */
  temp: string;
  secrets: Secrets;
}

/** How an action ended. */
export interface Ending {
  outcome: Outcome;
  /** Whether the step goes on in green. */
  green: boolean;
  outputs?: Readonly<Record<string, string>>;
  /** Markdown. */
  summary?: string;
  /** Lines that go to the step's annotations as errors; the last lines of the log. */
  reasons?: readonly string[];
}

/** Exit codes of a process that a signal ended would be 128 + n; the runner only asks whether it is 0. */
const FAILED = 1;

/**
 * Runs an action so that nothing ends green by accident. Whatever is thrown, rejected with, exited with or
 * left hanging becomes `inconclusive` and a failed step. Outputs are written once, at the end.
 */
export async function inFrame<I extends InputKinds>(
  definition: Definition<I>,
  body: (frame: Frame<I>) => Promise<Ending>,
): Promise<void> {
  if (getState('started') === 'true') return cleanUp();
  saveState('started', 'true');
  const secrets = noSecrets();
  const finish = finisher(definition, secrets);
  let cancelled: AbortSignal | undefined;
  try {
    maskSecrets(definition.inputs, secrets);
    const inputs = readInputs(definition.inputs, process.env);
    const temp = await makeTemp(definition.name);
    const log = runnerLog(secrets);
    const cancel = cancellation(definition.deadlineMs, definition.graceMs ?? 0);
    cancelled = cancel.signal;
    const work = body({
      inputs,
      clock: systemClock,
      log,
      programs: systemPrograms(log),
      signal: cancel.signal,
      temp,
      secrets,
    });
    await finish(await Promise.race([work, cancel.given]));
  } catch (thrown) {
    await finish(failedWith(thrown, cancelled));
  }
  // Work that goes on after a cancellation, or a client's open connection, must not keep the step alive.
  await written();
  process.exit();
}

/** Waits until all that was said has left this process: an exit throws away what a busy reader has not yet taken. */
async function written(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
}

/**
 * The ending of an action that threw: any value, of any type, and nothing too. What is thrown after a cancellation follows from
 * it, so that comes first.
 */
export function failedWith(thrown: unknown, cancelled?: AbortSignal): Ending {
  const reasons = [...(cancelled?.aborted ? [cancelled.reason] : []), thrown].map(reasonOf);
  return { outcome: 'inconclusive', green: false, reasons: [...new Set(reasons)] };
}

/** What a thrown value says, for people. */
export function reasonOf(thrown: unknown): string {
  try {
    if (typeof thrown === 'string' && thrown !== '') return thrown;
    const message = (thrown as { message?: unknown } | null | undefined)?.message;
    if (typeof message === 'string' && message !== '') return message;
    return withoutReason(thrown === undefined ? 'undefined' : Object.prototype.toString.call(thrown));
  } catch {
    return withoutReason('something that cannot be read'); // a getter or proxy that throws itself
  }
}

function withoutReason(what: string): string {
  return `The action failed without saying why (it threw ${what}). Run it again with debug logging, and report it if it stays.`;
}

/** Aborts on SIGINT, SIGTERM and at the deadline, and tells so, after the grace, as an ending that never comes otherwise. */
function cancellation(deadlineMs: number, graceMs: number): { signal: AbortSignal; given: Promise<never> } {
  const controller = new AbortController();
  const given = new Promise<never>((_, reject) => {
    const cancel = (why: string) => {
      if (controller.signal.aborted) return;
      const reason = new Error(why);
      controller.abort(reason);
      if (graceMs > 0) setTimeout(() => reject(reason), graceMs);
      else reject(reason);
    };
    process.once('SIGINT', () => cancel('The run was cancelled (SIGINT) before the answer was known.'));
    process.once('SIGTERM', () => cancel('The run was cancelled (SIGTERM) before the answer was known.'));
    setTimeout(
      () => cancel(`The action did not end within ${Math.round(deadlineMs / 1000)} s and was cancelled.`),
      deadlineMs,
    );
  });
  given.catch(() => undefined); // raced later; a cancellation before the race is no unhandled rejection
  return { signal: controller.signal, given };
}

/**
 * Gives the one way to end. It also stands guard: a process that exits, throws asynchronously or runs dry
 * before the end was written is turned into a failed step.
 */
function finisher(definition: Definition<InputKinds>, secrets: Secrets): (ending: Ending) => Promise<void> {
  let ended = false;
  let crashed = false;
  const tell = (reason: string) => {
    for (const line of harmless(secrets.redact(reason)).split('\n')) error(line, { title: definition.title });
  };
  process.exitCode = FAILED;
  process.on('exit', () => {
    if (ended) return;
    process.exitCode = FAILED;
    tell('The action ended before its answer was known. It counts as inconclusive.');
    try {
      setOutput('outcome', 'inconclusive');
    } catch (cause) {
      tell(`The outcome could not be handed over: ${reasonOf(cause)}`); // thrown here, it would keep the process alive
    }
  });
  const crash = (thrown: unknown) => {
    if (ended || crashed) return;
    crashed = true; // whatever still runs cannot end it otherwise
    tell(reasonOf(thrown));
    void written().then(() => process.exit(FAILED));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  return async (ending) => {
    if (ended || crashed) return;
    for (const [name, value] of Object.entries(ending.outputs ?? {})) setOutput(name, secrets.redact(value));
    if (ending.summary !== undefined) addSummary(cutSummary(secrets.redact(ending.summary)));
    for (const reason of ending.reasons ?? []) tell(reason);
    setOutput('outcome', ending.outcome);
    process.exitCode = ending.green ? 0 : FAILED;
    ended = true;
  };
}

function maskSecrets(kinds: InputKinds, secrets: Secrets): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = kind.secret ? (process.env[`INPUT_${name.toUpperCase()}`] ?? '') : '';
    if (value !== '') secrets.add(value);
  }
}

/** The `post:` step: what the main step wrote down to be removed is removed, also after it was killed. */
async function cleanUp(): Promise<void> {
  const temp = getState('temp');
  if (temp !== '') await rm(temp, { recursive: true, force: true });
}

/** A path as the workflow's author means it: relative to the workspace. */
export function inWorkspace(path: string): string {
  return isAbsolute(path) ? path : join(process.env.GITHUB_WORKSPACE ?? process.cwd(), path);
}
