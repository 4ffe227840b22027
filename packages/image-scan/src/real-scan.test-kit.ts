import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Programs, silentLog, systemPrograms } from '@tillgate/host';
import { type ImageScanPolicy, policySchema } from '@tillgate/policy';
import { conclude, type Finding, instantOf, type Outcome, type Sha256 } from '@tillgate/release';
import type { Needed } from '@tillgate/testbed';
import { makeDatabase } from '@tillgate/testbed/registry';
import { parseImageReference } from './image/image-reference.ts';
import { observeScan, type ScanObservation } from './observe/observe-scan.ts';
import type { ScanRequest, ScanWorld } from './observe/request.ts';
import { scanRules } from './rules/index.ts';

/** What a policy may say in a test, as it would stand in the file. */
export type PolicyText = Record<string, unknown>;

export const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
export const COMMIT = 'c0ffee'.padEnd(40, '0');

/** The part of a policy that is about scans, read as the real one is. */
export function policyOf(said: PolicyText): ImageScanPolicy {
  return policySchema.parse({ imageScan: said }).imageScan;
}

export async function sha256OfFile(path: string): Promise<Sha256> {
  return `sha256:${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`;
}

/** A workbench with the real Trivy and a database made of the real facts in fixtures/. */
export interface Workbench {
  folder: string;
  trivy: string;
  /** Folder with trivy.db and metadata.json. */
  database: string;
  /** A policy that accepts just this Trivy and this database, and what is said beyond that. */
  policy(said?: PolicyText): Promise<ImageScanPolicy>;
  /** Scans as the gate does, and judges. */
  scan(image: string, change?: Partial<ScanRequest>, world?: Partial<ScanWorld>): Promise<Judged>;
  close(): Promise<void>;
}

export interface Judged extends ScanObservation {
  findings: Finding[];
  outcome: Outcome;
}

export async function openWorkbench(tools: Needed<'trivy' | 'fixture-db'>): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-scan-'));
  const database = join(folder, 'database');
  await makeDatabase(join(FIXTURES, 'vulnerability-database.yaml'), database, Date.now() - 3_600_000);
  const trivy = tools.trivy.path;
  const trivyDigest = await sha256OfFile(trivy);
  let count = 0;
  const policy = async (said: PolicyText = {}) =>
    policyOf({
      trivy: { accepted: [{ version: tools.trivy.version, sha256: trivyDigest }] },
      database: { digests: await databaseDigests(database) },
      ...said,
    });
  return {
    folder,
    trivy,
    database,
    policy,
    async scan(image, change = {}, world = {}) {
      count += 1;
      const temp = join(folder, `temp-${count}`);
      await mkdir(temp);
      const inForce = change.policy ?? (await policy());
      return judged(
        { ...requestFor(image, inForce), trivyPath: trivy, databasePath: database, ...change },
        { ...worldIn(temp), ...world },
      );
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A request that asks for nothing but the image. */
export function requestFor(image: string, policy: ImageScanPolicy): ScanRequest {
  return {
    image: parseImageReference(image),
    commit: COMMIT,
    environment: 'production',
    emergency: false,
    policy,
    policyFile: '.github/release-policy.yml',
    demands: policy.classes.standard,
    baseline: [],
    platforms: [],
    reportFiles: [],
    baselineReportFiles: [],
    vexFiles: [],
    bundleFiles: [],
  };
}

export function worldIn(temp: string, programs: Programs = systemPrograms(silentLog)): ScanWorld {
  return {
    programs,
    log: silentLog,
    now: Date.now(),
    signal: new AbortController().signal,
    temp,
    environment: process.env,
  };
}

export async function judged(request: ScanRequest, world: ScanWorld): Promise<Judged> {
  const observation = await observeScan(request, world);
  const findings = scanRules.flatMap((rule) => rule.judge(observation.seen, undefined as never));
  return { ...observation, findings, outcome: conclude(findings, observation.coverage, instantOf(world.now)) };
}

/** Says when the database was updated, as its maker would. */
export async function writeMetadata(folder: string, updatedAt: number, version = 2): Promise<void> {
  const [UpdatedAt, NextUpdate] = [instantOf(updatedAt), instantOf(updatedAt + 86_400_000)];
  await writeFile(
    join(folder, 'metadata.json'),
    JSON.stringify({ Version: version, NextUpdate, UpdatedAt, DownloadedAt: UpdatedAt }),
  );
}

export async function databaseDigests(folder: string): Promise<Sha256[]> {
  return Promise.all(['trivy.db', 'metadata.json'].map((name) => sha256OfFile(join(folder, name))));
}

/** Puts the images of several layouts into one folder, as a registry would hold them. */
export async function oneLayout(into: string, layouts: readonly { layoutDir: string }[]): Promise<string> {
  for (const { layoutDir } of layouts) await cp(layoutDir, into, { recursive: true });
  return into;
}

/** `rule key` of what counts, for comparing with what is expected. */
export function told(findings: readonly Finding[], severity: Finding['severity']): string[] {
  return findings.filter((one) => one.severity === severity && !one.accepted).map(({ rule, key }) => `${rule} ${key}`);
}
