import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
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
export interface StepEnded {
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

export interface ActOptions {
  act: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  onStep(step: StepEnded): void;
  timeoutMs: number;
  /** The machine is lost when this comes about: act and everything that it started is killed at once. */
  lostWhen?: Promise<unknown>;
}

/** Runs act and follows its log. */
export function runAct(options: ActOptions): Promise<ActRun> {
  const child = spawn(options.act, [...options.args, '--json'], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.lostWhen?.then(() => killTree(child.pid)).catch((cause: Error) => child.emit('error', cause));
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

/** Kills a process and all that descend from it; none is asked. */
async function killTree(root: number | undefined): Promise<void> {
  if (root === undefined) return;
  for (const pid of treeOf(root, await processTable())) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause; // it ended meanwhile
    }
  }
}
