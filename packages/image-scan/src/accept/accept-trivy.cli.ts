import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readBounded, silentLog, systemPrograms, writeWhole } from '@tillgate/host';
import { POLICY_LIMIT } from '@tillgate/policy';
import { isSha256, type Sha256 } from '@tillgate/release';
import { openedCopy } from '../tool/opened-copy.ts';
import { COMPROMISED } from '../tool/trivy.ts';
import { acceptTrivy } from './accept-trivy.ts';

const USAGE = `usage: npm run accept-trivy -- <archive.tar.gz> --version <x.y.z> --sha256 <digest> [--policy <file>]

Writes the Trivy in a release's archive into a policy as one that the image scan gate accepts. The program itself is
not run.

  --version <x.y.z>  the version that the release has
  --sha256 <digest>  the digest of the archive, as the release's list of checksums names it
  --policy <file>    the policy; .github/release-policy.yml unless told`;

try {
  await main();
} catch (thrown) {
  console.error(`accept-trivy: ${(thrown as Error).message}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      version: { type: 'string' },
      sha256: { type: 'string' },
      policy: { type: 'string', default: '.github/release-policy.yml' },
    },
  });
  const [archive] = positionals;
  const { version, policy } = values;
  if (archive === undefined || positionals.length !== 1 || version === undefined || values.sha256 === undefined) {
    throw new Error(`one archive, its version and its digest are needed.\n\n${USAGE}`);
  }
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`"${version}" is no version; write it like 0.72.0.`);
  if (COMPROMISED.includes(version)) {
    throw new Error(
      `Trivy ${version} was published with code that steals credentials (CVE-2026-33634): take another version.`,
    );
  }
  const expected = `sha256:${values.sha256.replace(/^sha256:/, '')}`;
  if (!isSha256(expected)) throw new Error(`"${values.sha256}" is no SHA-256: 64 hex digits are needed.`);

  const sha256 = await digestOfProgram(resolve(archive), expected);
  const before = new TextDecoder('utf-8', { fatal: true }).decode(await readBounded(policy, POLICY_LIMIT));
  const after = acceptTrivy(before, policy, { version, sha256 });
  if (after === before) {
    console.log(`${policy} accepts this Trivy already (${sha256}).`);
    return;
  }
  await writeWhole(policy, after);
  console.log(`${policy}, below imageScan.trivy.accepted:
  - { version: ${version}, sha256: "${sha256}" }

For runners without Trivy, in the call of the release workflow:
  trivy-archive: <where your runners fetch this archive>
  trivy-archive-sha256: ${expected.slice('sha256:'.length)}`);
}

/** Digest of the program in an archive, once the archive is the one that was meant. */
async function digestOfProgram(archive: string, expected: Sha256): Promise<Sha256> {
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-accept-'));
  try {
    const copy = join(folder, 'archive.tar.gz');
    const { digest } = await openedCopy(archive, copy, 0o600);
    if (digest !== expected) {
      throw new Error(`${archive} has the digest ${digest}, not ${expected}: it is another archive than you mean.`);
    }
    const args = ['--extract', '--gzip', '--no-same-owner', '--file', copy, '--directory', folder, 'trivy'];
    const env = { PATH: process.env.PATH ?? '' };
    const ended = await systemPrograms(silentLog).run('tar', args, { env, cwd: folder, timeoutMs: 120_000 });
    if (ended.exitCode !== 0) throw new Error(`${archive} holds no trivy: ${ended.stderr.trim()}`);
    return (await openedCopy(join(folder, 'trivy'), join(folder, 'program'), 0o600)).digest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
