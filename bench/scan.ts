import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Benchmark, type Measured, median } from './benchmark.ts';
import { makeReports, type ReportPair } from './scan/make-reports.ts';

const run = promisify(execFile);
const BYTES = 100_000_000;
const WAIVERS = 1_000;
/** Every order once, so that none is always run on what another one has left in caches and memory. */
const ROUNDS = [
  ['plain', 'waived', 'jq'],
  ['jq', 'plain', 'waived'],
  ['waived', 'jq', 'plain'],
  ['plain', 'jq', 'waived'],
  ['waived', 'plain', 'jq'],
  ['jq', 'waived', 'plain'],
] as const;
type Variant = (typeof ROUNDS)[number][number];

/** The same selection in jq: vulnerabilities of the candidate whose class, package and id the baseline has not. */
const JQ = `
  def keys: [.Results[] | .Class as $class | .Vulnerabilities[]? | "\\($class) \\(.PkgName) \\(.VulnerabilityID)"];
  (reduce ($baseline[0] | keys[]) as $key ({}; .[$key] = true)) as $known | [keys[] | select($known[.] | not)] | length`;

interface Round {
  millis: number;
  megabytes: number;
  fresh: number;
  accepted: number;
  troubles: string[];
}

const benchmark: Benchmark = {
  name: 'scan',
  about: 'the gate over a report of 100 MB with a baseline of 100 MB, beside jq on the same files',
  async run(say): Promise<Measured> {
    const folder = await mkdtemp(join(tmpdir(), 'tillgate-bench-scan-'));
    try {
      say('writing and signing two reports');
      const pair = await makeReports(folder, BYTES);
      await writeFile(join(folder, 'reports.json'), JSON.stringify(pair));
      const rounds: Record<Variant, Round[]> = { plain: [], waived: [], jq: [] };
      const take: Record<Variant, () => Promise<Round>> = {
        plain: () => gate(folder, 0),
        waived: () => gate(folder, WAIVERS),
        jq: () => jq(pair),
      };
      for (const [index, order] of ROUNDS.entries()) {
        say(`round ${index + 1} of ${ROUNDS.length}`);
        for (const variant of order) rounds[variant].push(await take[variant]());
      }
      return measured(pair, rounds);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
export default benchmark;

async function gate(folder: string, waivers: number): Promise<Round> {
  const script = join(import.meta.dirname, 'scan', 'gate.process.ts');
  const { stdout } = await run(process.execPath, [script, folder, String(waivers)]);
  const round = JSON.parse(stdout) as Round;
  if (round.troubles.length > 0) throw new Error(round.troubles.join(' '));
  return round;
}

async function jq({ candidate, baseline }: ReportPair): Promise<Round> {
  const started = performance.now();
  const child = run('jq', ['--slurpfile', 'baseline', baseline.file, JQ, candidate.file]);
  const megabytes = peakOf(child.child.pid ?? 0, child);
  const { stdout } = await child;
  return {
    millis: performance.now() - started,
    megabytes: await megabytes,
    fresh: Number(stdout),
    accepted: 0,
    troubles: [],
  };
}

/** The most memory that a process has had, as the kernel tells it while it lives, in MiB. */
async function peakOf(pid: number, ends: Promise<unknown>): Promise<number> {
  let [peak, over] = [0, false];
  ends.finally(() => {
    over = true;
  });
  while (!over) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return peak;
}

function measured({ count, fresh }: ReportPair, rounds: Record<Variant, Round[]>): Measured {
  const of = (name: keyof typeof rounds, figure: 'millis' | 'megabytes') =>
    median(rounds[name].map((one) => one[figure]));
  const slower = median(rounds.waived.map((one, index) => one.millis / (rounds.plain[index] as Round).millis));
  const toJq = median(rounds.plain.map((one, index) => one.millis / (rounds.jq[index] as Round).millis));
  const agree = Object.values(rounds).every((list) => list.every((one) => one.fresh === fresh));
  const figures = {
    vulnerabilities: count,
    gate_ms: Math.round(of('plain', 'millis')),
    gate_mib: Math.round(of('plain', 'megabytes')),
    jq_ms: Math.round(of('jq', 'millis')),
    jq_mib: Math.round(of('jq', 'megabytes')),
    gate_to_jq: Math.round(toJq * 100) / 100,
    waivers_ratio: Math.round(slower * 1_000) / 1_000,
    new_found: rounds.plain[0]?.fresh ?? 0,
    accepted_found: rounds.waived[0]?.accepted ?? 0,
    same_answer: String(agree),
  };
  return {
    figures,
    bounds: { gate_ms: '<= 3000', gate_mib: '<= 400', waivers_ratio: '< 1.1', same_answer: 'true' },
    holds: figures.gate_ms <= 3_000 && figures.gate_mib <= 400 && slower < 1.1 && agree,
    table: [
      ['two reports of 100 MB', 'ms', 'MiB', 'new found'],
      ['gate (signatures, digests, both reports, rules)', figures.gate_ms, figures.gate_mib, figures.new_found],
      [
        `gate with ${WAIVERS} waivers`,
        Math.round(of('waived', 'millis')),
        Math.round(of('waived', 'megabytes')),
        rounds.waived[0]?.fresh ?? 0,
      ],
      ['jq (selection only)', figures.jq_ms, figures.jq_mib, rounds.jq[0]?.fresh ?? 0],
    ],
  };
}
