import { mkdir, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Processes } from '../bed/processes.ts';
import type { Api } from '../cluster/api.ts';
import { environmentOf, expand } from './environment.ts';
import { succeeds } from './exec.ts';
import { persist } from './persist.ts';
import { answers, probeOf, readiness } from './readiness.ts';
import type { Container, Pod, PodProcess, PodRuntime } from './runtime.ts';
import { type Fares, statusOf, type Terminated } from './status.ts';

const CRASH_BACK_OFF_MS = 500;
const LONGEST_BACK_OFF_MS = 10_000;
const CONFIG_RETRY_MS = 1_000;

/** Name of the process of a pod in its bed, and of its log. */
export function processName(namespace: string, pod: string, container: string): string {
  return `pod_${namespace}_${pod}_${container}`;
}

/** The life of one pod that is a process: started, watched, restarted as its policy says, ended. */
export class PodLife {
  readonly #pod: Pod;
  readonly #runtime: PodRuntime | 'command';
  readonly #api: Api;
  readonly #processes: Processes;
  readonly #folder: string;
  readonly #name: string;
  readonly #ending = new AbortController();
  #restarts = 0;
  #last: Terminated | undefined;
  #contradicted = false;
  #env: Readonly<Record<string, string>> = {};

  constructor(pod: Pod, runtime: PodRuntime | 'command', around: { api: Api; processes: Processes; folder: string }) {
    this.#pod = pod;
    this.#runtime = runtime;
    this.#api = around.api;
    this.#processes = around.processes;
    this.#folder = around.folder;
    this.#name = processName(pod.metadata.namespace, pod.metadata.name, this.#container.name);
  }

  /** Lives until the pod has come to its end or is ended. */
  async live(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const process = await this.#prepare();
      if (!process) continue;
      const startedAt = new Date().toISOString();
      const code = await this.#run(process, startedAt);
      if (this.#ending.signal.aborted) return;
      const exitCode = typeof code === 'number' ? code : 128 + (constants.signals[code as NodeJS.Signals] ?? 0);
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const ended: Terminated = { exitCode, reason, startedAt, finishedAt: new Date().toISOString() };
      if (this.#isOver(exitCode)) {
        const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
        await this.#tell({ state: { terminated: ended }, ready: false, phase });
        return;
      }
      this.#last = ended;
      await this.#backOff();
    }
  }

  /**
   * What stands in the API. A node controller that takes a node for dead writes that its pods are not ready, and nothing of
   * their containers; the kubelet that lives after all writes again how they are.
   */
  seen({ status: { conditions = [] } }: Pod): void {
    const is = (type: string, status: string) =>
      conditions.some((each) => each.type === type && each.status === status);
    this.#contradicted = is('Ready', 'False') && is('ContainersReady', 'True');
  }

  /**
   * Ends the process: its preStop hook, SIGTERM, SIGKILL after the grace period, and what the pod kept for itself is
   * removed. Until the process is gone it is asked whether it is ready, as before.
   */
  async end(graceSeconds: number): Promise<void> {
    this.#ending.abort();
    if (graceSeconds > 0 && this.#processes.runs(this.#name)) await this.#preStop(graceSeconds * 1000);
    if (this.#processes.runs(this.#name)) await this.#processes.stop(this.#name, 'SIGTERM', graceSeconds * 1000);
    this.#processes.forget(this.#name);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** As Kubernetes has it: a hook that fails, or lasts longer than the grace period, keeps nothing from ending. */
  async #preStop(graceMs: number): Promise<void> {
    const { sleep: pause, exec } = this.#container.lifecycle?.preStop ?? {};
    if (pause) await sleep(Math.min(pause.seconds * 1000, graceMs));
    if (exec && !(await succeeds(exec.command, { cwd: this.#folder, env: this.#env }, graceMs)))
      console.error(`${this.#name}: its preStop hook failed`);
  }

  get #container(): Container {
    return this.#pod.spec.containers[0] as Container;
  }

  /** What is to be run, or nothing yet: the reason is told in the pod's status, and it is tried again. */
  async #prepare(): Promise<PodProcess | undefined> {
    try {
      const env = await environmentOf(this.#pod, this.#container, this.#api);
      await mkdir(this.#folder, { recursive: true });
      const ip = this.#pod.status.podIP as string;
      const context = { pod: this.#pod, container: this.#container, ip, env, folder: this.#folder };
      const made = this.#runtime === 'command' ? undefined : await this.#runtime.start(context);
      const process = made ?? this.#command(env);
      this.#env = { PATH: globalThis.process.env.PATH ?? '', HOME: this.#folder, ...env, ...process.env };
      return { ...process, env: this.#env };
    } catch (cause) {
      const waiting = { reason: 'CreateContainerConfigError', message: (cause as Error).message };
      await this.#tell({ state: { waiting }, ready: false, phase: 'Pending' });
      await this.#pause(CONFIG_RETRY_MS);
      return undefined;
    }
  }

  #command(env: Record<string, string>): PodProcess {
    const [file, ...args] = [...(this.#container.command ?? []), ...(this.#container.args ?? [])].map((each) =>
      expand(each, env),
    );
    if (file === undefined)
      throw new Error(`No runtime makes a process of ${this.#container.image}, and it names no command.`);
    return { file, args };
  }

  async #run(process: PodProcess, startedAt: string): Promise<number | string> {
    try {
      await this.#processes.start({ cwd: this.#folder, env: {}, ...process, name: this.#name });
    } catch (cause) {
      console.error((cause as Error).message);
      return 127; // what a shell says of a program that is not there
    }
    const over = new AbortController();
    const ended = this.#processes.wait(this.#name).finally(() => over.abort());
    await this.#watch(process, startedAt, over.signal);
    return ended;
  }

  /** Tells the pod ready and unready as its process answers, until the process ends: also while it is being ended. */
  async #watch(process: PodProcess, startedAt: string, over: AbortSignal): Promise<void> {
    const probe = probeOf(this.#pod, this.#container, process);
    const running = { state: { running: { startedAt } }, phase: 'Running' } as const;
    const readyAfter = probe && readiness(probe);
    let told: boolean | undefined;
    while (!over.aborted) {
      const beside = { cwd: this.#folder, env: this.#env };
      const ready = !probe || !readyAfter || readyAfter(await answers(probe, beside, over));
      if (over.aborted) return;
      if (ready !== told || this.#contradicted) await this.#tell({ ...running, ready }, over);
      told = ready;
      const awaited = !ready && !this.#ending.signal.aborted;
      await sleep(awaited ? 100 : 1_000, undefined, { signal: over }).catch(() => {});
    }
  }

  #isOver(exitCode: number): boolean {
    const policy = this.#pod.spec.restartPolicy ?? 'Always';
    return policy === 'Never' || (policy === 'OnFailure' && exitCode === 0);
  }

  async #backOff(): Promise<void> {
    const wait = Math.min(CRASH_BACK_OFF_MS * 2 ** this.#restarts, LONGEST_BACK_OFF_MS);
    this.#restarts++;
    const waiting = { reason: 'CrashLoopBackOff', message: `back-off ${wait} ms restarting failed container` };
    await this.#tell({ state: { waiting }, ready: false, phase: 'Running' });
    await this.#pause(wait);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }

  /** Tells the status, again and again while the API server is away: what a pod has come to must not be lost. */
  async #tell(fares: Omit<Fares, 'restarts' | 'last'>, over = this.#ending.signal): Promise<void> {
    const { namespace, name } = this.#pod.metadata;
    const status = statusOf(this.#pod, { ...fares, restarts: this.#restarts, ...(this.#last && { last: this.#last }) });
    await persist(() => this.#api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, status), over);
  }
}
