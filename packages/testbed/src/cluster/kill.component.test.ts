import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { needBed } from '../require.ts';
import { until } from '../until.ts';
import { clusterComponents } from './programs.ts';
import { type Cluster, startCluster } from './start.ts';

const tools = await needBed(...clusterComponents);

/** Machine-wide ids of the processes that name a folder in their command line. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false; // it has ended meanwhile
      }
    })
    .map(Number);
}

/** Whether a process is wholly gone: the kernel closes its files, and with them its locks, only after its memory. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, '').trimStart().startsWith('Z');
  } catch {
    return true;
  }
}

/** A cluster that was started by a process of its own. */
interface Elsewhere {
  child: ChildProcess;
  folder: string;
  kubeconfig: string;
}

/** Starts a cluster in a process of its own and waits until it is ready. */
async function startElsewhere(): Promise<Elsewhere> {
  const script = fileURLToPath(new URL('./start.process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString()));
    child.once('exit', (code) => reject(new Error(`the cluster's process ended with ${code}`)));
  });
  return { child, ...(JSON.parse(told) as Omit<Elsewhere, 'child'>) };
}

(tools ? describe : describe.skip)('a cluster that is killed', () => {
  /** The one that was started last: it is the next to be killed. */
  let running: Elsewhere;
  beforeAll(async () => {
    running = await startElsewhere();
  });

  it('is gone, and the next one starts: ten times, every process with SIGKILL', async () => {
    for (let round = 0; round < 10; round++) {
      const { child, folder } = running;
      const processes = processesOf(folder);
      expect(processes.length).toBeGreaterThanOrEqual(6);
      for (const pid of [child.pid as number, ...processes]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch (cause) {
          // The kernel was faster: with the keeper goes all that is in its namespace.
          expect((cause as NodeJS.ErrnoException).code).toBe('ESRCH');
        }
      }
      await until('all are dead', () => processes.every(isGone));
      running = await startElsewhere();
      expect(existsSync(folder)).toBe(false);
      const ready = ['--kubeconfig', running.kubeconfig, 'get', '--raw', '/readyz'];
      expect(execFileSync(tools?.kubectl.path ?? '', ready, { encoding: 'utf8' })).toBe('ok');
    }
  }, 600_000);

  it('takes everything with it when only its starter is killed', async () => {
    const processes = processesOf(running.folder);
    expect(processes.length).toBeGreaterThanOrEqual(6);
    running.child.kill('SIGKILL');
    await until('all are dead', () => processes.every(isGone));
  });
});

(tools ? describe : describe.skip)('two clusters at once', () => {
  let clusters: Cluster[] = [];
  beforeAll(async () => {
    clusters = await Promise.all([startCluster(), startCluster()]);
  });
  afterAll(() => Promise.all(clusters.map((each) => each.stop())));

  it('share neither folder nor port nor objects', async () => {
    const [one, two] = clusters as [Cluster, Cluster];
    expect(one.bed.folder).not.toBe(two.bed.folder);
    expect(one.adminClient.server).not.toBe(two.adminClient.server);
    await one.kubectl(['create', 'namespace', 'only-here']);
    expect(await two.kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('only-here');
  });

  it('give the same address to pods of both, and each reaches its own', async () => {
    const answers = await Promise.all(
      clusters.map(async ({ bed }, index) => {
        const code = `require('node:http').createServer((q, s) => s.end('${index}')).listen(80, '10.244.77.7')`;
        await bed.start({ name: 'same', file: process.execPath, args: ['-e', code] });
        const port = await bed.open(80, '10.244.77.7');
        return until('it answers', () =>
          fetch(`http://127.0.0.1:${port}/`).then(
            (got) => got.text(),
            () => undefined,
          ),
        );
      }),
    );
    expect(answers).toEqual(['0', '1']);
  });
});
