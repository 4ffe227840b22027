import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTable, treeOf } from '../runs/process-table.ts';

/** One line of act's JSON log, as far as it is read here. */
interface ActLine {
  job?: string;
  step?: string;
  stepID?: string[];
  stage?: string;
  stepResult?: string;
  jobResult?: string;
  raw_output?: boolean;
  msg: string;
  executionTime?: number;
}

/** A step that ended. */
interface StepEnded {
  job: string;
  step: string;
  result: string;
  millis: number;
}

export interface ActRun {
  exitCode: number;
  steps: StepEnded[];
  /** Lines with which steps explained a failure: the text of their `::error` commands, in order. */
  errors: string[];
  /** Everything that act printed, for the log file. */
  lines: string[];
}

interface ActOptions {
  act: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  onStep(step: StepEnded): void;
  timeoutMs: number;
  /** The machine is lost when this comes about: act and everything that it started is killed at once. */
  lostWhen?: Promise<unknown>;
  /** Somebody cancels the run when this comes about: the program of this name is ended as GitHub's runner ends it. */
  cancelled?: { when: Promise<unknown>; program: string };
}

/** GitHub's runner sends SIGINT, then SIGTERM, then kills; in ms after the first. */
const CANCELLATION = [
  [0, 'SIGINT'],
  [7_500, 'SIGTERM'],
  [10_000, 'SIGKILL'],
] as const;

/** Runs act and follows its log. */
export function runAct(options: ActOptions): Promise<ActRun> {
  const child = spawn(options.act, [...options.args, '--json'], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.lostWhen?.then(() => killTree(child.pid)).catch((cause: Error) => child.emit('error', cause));
  options.cancelled?.when
    .then(() => cancel(child.pid, options.cancelled?.program ?? ''))
    .catch((cause: Error) => child.emit('error', cause));
  const timer = setTimeout(() => child.kill('SIGTERM'), options.timeoutMs);
  const run: ActRun = { exitCode: -1, steps: [], errors: [], lines: [] };
  const started = new Map<string, number>();
  const follow = (line: string) => {
    run.lines.push(line);
    const told = parse(line);
    if (!told) return;
    const key = `${told.job}/${told.stepID?.join('.') ?? told.step}/${told.stage}`;
    if (told.step !== undefined && !started.has(key)) started.set(key, performance.now());
    const error =
      /^::error(?: [^:]*)?::(.*)$/s.exec(told.msg.trim()) ?? /^\s*❗\s*::error(?: [^:]*)?::(.*)$/s.exec(told.msg);
    if (error?.[1]) run.errors.push(decode(error[1]));
    if (told.stepResult !== undefined && told.stage === 'Main') {
      const step = {
        job: told.job ?? '',
        step: told.step ?? '',
        result: told.stepResult,
        millis: performance.now() - (started.get(key) ?? performance.now()),
      };
      run.steps.push(step);
      options.onStep(step);
    }
  };
  createInterface(child.stdout).on('line', follow);
  createInterface(child.stderr).on('line', follow);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ...run, exitCode: code ?? 1 });
    });
  });
}

function parse(line: string): ActLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as ActLine;
  } catch {
    return undefined; // a program that is run by a step may print a line that only looks like JSON
  }
}

/** Workflow commands escape these three; https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts */
function decode(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** Ends the programs of a name below a process as GitHub's runner ends a step of a cancelled run. */
async function cancel(root: number | undefined, program: string): Promise<void> {
  if (root === undefined) return;
  const began = performance.now();
  const named = treeOf(root, await processTable()).filter((pid) => wordsOf(pid).includes(program));
  for (const [after, signal] of CANCELLATION) {
    await sleep(Math.max(0, after - (performance.now() - began)));
    for (const pid of named) end(pid, signal);
  }
}

function wordsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause; // it ended meanwhile
  }
}

/** Kills a process and all that descend from it; none is asked. */
async function killTree(root: number | undefined): Promise<void> {
  if (root === undefined) return;
  for (const pid of treeOf(root, await processTable())) end(pid, 'SIGKILL');
}
