import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ProgramError, type Programs } from '@tillgate/host';
import type { ImageScanPolicy, ScanDemands } from '@tillgate/policy';
import type { Sha256 } from '@tillgate/release';
import { CopyError, openedCopy } from './opened-copy.ts';

/** Raised when Trivy may not be used or did not work; `rule` names the finding it becomes. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly rule: 'scan/tool-not-accepted' | 'scan/tool-failed';
  /** What to do in this case, where the rule's own words can be said more exactly. */
  readonly remedy: string | undefined;

  constructor(rule: ToolError['rule'], message: string, options?: ErrorOptions & { remedy?: string }) {
    super(message, options);
    this.rule = rule;
    this.remedy = options?.remedy;
  }
}

/** A checked copy of Trivy, and where it may work. */
export interface Trivy {
  binary: string;
  version: string;
  digest: Sha256;
  /** An empty folder: no trivy.yaml, .trivyignore or trivy-secret.yaml of the workspace lies in it. */
  workplace: string;
  /** For what it unpacks. */
  scratch: string;
  timeoutMs: number;
}

/** Versions whose releases carried somebody else's code (CVE-2026-33634): refused whatever the policy says. */
export const COMPROMISED: readonly string[] = ['0.69.4', '0.69.5', '0.69.6'];

/** What of the runner's environment Trivy may see: how to reach and enter a registry, and no TRIVY_ variable. */
const ALLOWED = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'DOCKER_CONFIG',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_FEDERATED_TOKEN_FILE',
] as const;

const OFFLINE = [
  '--skip-db-update',
  '--skip-java-db-update',
  '--skip-check-update',
  '--offline-scan',
  '--skip-version-check',
  '--disable-telemetry',
];

/**
 * Takes a copy of the Trivy binary and checks the copy: its digest must be one that the policy accepts. The
 * version is what the policy says of that digest; the binary is not asked before it is trusted.
 *
 * @param policyFile name of the policy, for the message that says what to write there
 * @throws ToolError
 */
export async function openTrivy(
  path: string,
  policy: ImageScanPolicy['trivy'],
  policyFile: string,
  temp: string,
  timeoutMs: number,
): Promise<Trivy> {
  const binary = join(temp, 'trivy');
  let digest: Sha256;
  try {
    ({ digest } = await openedCopy(path, binary, 0o500));
  } catch (cause) {
    if (!(cause instanceof CopyError)) throw cause;
    throw new ToolError('scan/tool-not-accepted', `Trivy cannot be used: ${cause.message}`, { cause });
  }
  const accepted = policy.accepted.find(({ sha256 }) => sha256 === digest);
  if (!accepted) {
    throw new ToolError(
      'scan/tool-not-accepted',
      `The Trivy binary has the digest ${digest}. imageScan.trivy.accepted of ${policyFile} names ${namesOf(policy.accepted)}.`,
      {
        remedy: `If you mean this Trivy, check its archive against the release's checksums and add this line below imageScan.trivy.accepted in ${policyFile} on the default branch, with the version it has: - { version: x.y.z, sha256: "${digest}" }. \`npm run accept-trivy\` of Tillgate does both (docs/how-to/accept-a-trivy.md).`,
      },
    );
  }
  if (COMPROMISED.includes(accepted.version)) {
    throw new ToolError(
      'scan/tool-not-accepted',
      `Trivy ${accepted.version} was published with code that steals credentials (CVE-2026-33634).`,
    );
  }
  const [workplace, scratch] = [join(temp, 'empty'), join(temp, 'scratch')];
  await mkdir(workplace, { mode: 0o700 });
  await mkdir(scratch, { mode: 0o700 });
  return { binary, version: accepted.version, digest, workplace, scratch, timeoutMs };
}

function namesOf(accepted: ImageScanPolicy['trivy']['accepted']): string {
  if (accepted.length === 0) return 'none at all';
  return accepted.map(({ version, sha256 }) => `${version} (${sha256.slice(0, 19)}…)`).join(', ');
}

/** What is to be scanned: a folder or file on disk, or an image in a registry. */
export type Target = { input: string } | { remote: string };

/**
 * Scans one image for one platform and leaves the report in a file. Trivy's exit code says whether it
 * worked, never what it found: the report is judged by rules.
 *
 * @param environment of the runner; only what a registry needs is handed on
 * @throws ToolError
 */
export async function scan(
  trivy: Trivy,
  programs: Programs,
  job: {
    target: Target;
    cache: string;
    report: string;
    scanners: ScanDemands['scanners'];
    environment: NodeJS.ProcessEnv;
    signal: AbortSignal;
  },
): Promise<void> {
  const { target, cache, report, scanners } = job;
  const looksFor = scanners
    .filter((one) => one !== 'configuration')
    .map((one) => (one === 'secrets' ? 'secret' : 'vuln'));
  await run(trivy, programs, job, [
    'image',
    ...('input' in target ? ['--input', target.input] : ['--image-src', 'remote']),
    ...['--format', 'json', '--output', report, '--list-all-pkgs', '--exit-code', '0'],
    ...['--scanners', looksFor.length > 0 ? looksFor.join(',') : 'vuln'],
    ...(scanners.includes('configuration') ? ['--image-config-scanners', 'misconfig'] : []),
    ...['--cache-dir', cache, '--timeout', `${Math.ceil(trivy.timeoutMs / 1000)}s`, '--no-progress', '--quiet'],
    ...OFFLINE,
    ...('remote' in target ? ['--', target.remote] : []),
  ]);
}

/** Makes a CycloneDX bill of materials out of a report. @throws ToolError */
export async function convertToCycloneDx(
  trivy: Trivy,
  programs: Programs,
  job: { report: string; sbom: string; environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  await run(trivy, programs, job, ['convert', '--format', 'cyclonedx', '--output', job.sbom, '--quiet', job.report]);
}

/** Fetches the database into a cache. The repository is named by the policy. @throws ToolError */
export async function fetchDatabase(
  trivy: Trivy,
  programs: Programs,
  job: { repository: string; cache: string; environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  const args = ['image', '--download-db-only', '--db-repository', job.repository, '--cache-dir', job.cache];
  await run(trivy, programs, job, [...args, '--no-progress', '--quiet', '--skip-version-check', '--disable-telemetry']);
}

async function run(
  { binary, workplace, scratch, timeoutMs, version }: Trivy,
  programs: Programs,
  { environment, signal }: { environment: NodeJS.ProcessEnv; signal: AbortSignal },
  args: readonly string[],
): Promise<void> {
  const allowed = ALLOWED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  const env = {
    DOCKER_CONFIG: join(homedir(), '.docker'),
    ...Object.fromEntries(allowed),
    HOME: workplace,
    TMPDIR: scratch,
  };
  try {
    const ended = await programs.run(binary, args, { env, cwd: workplace, timeoutMs: timeoutMs + 10_000, signal });
    if (ended.exitCode === 0) return;
    throw new ToolError(
      'scan/tool-failed',
      `Trivy ${version} ended with ${ended.exitCode}: ${lastWords(ended.stderr)}`,
    );
  } catch (cause) {
    if (!(cause instanceof ProgramError)) throw cause;
    throw new ToolError('scan/tool-failed', `Trivy ${version} did not work: ${cause.message}`, { cause });
  }
}

/** The end of what a program said, where it says why it stopped, without its terminal colours. */
function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n').slice(-3).join(' ');
  return lines.slice(-600) || 'it said nothing';
}
