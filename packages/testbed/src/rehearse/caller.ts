import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';

/** The example caller as a repository of its own. */
interface CallerRepository {
  folder: string;
  /** Head of its default branch. */
  commit: string;
  policy: string;
}

export const POLICY_PATH = '.github/release-policy.yml';

/** Copies the example caller, gives it the policy of today, and commits it, as a user's repository would be. */
export async function makeCaller(
  example: string,
  folder: string,
  policyOf: (policy: string) => string,
): Promise<CallerRepository> {
  await cp(example, folder, { recursive: true });
  const policy = policyOf(await readFile(join(folder, POLICY_PATH), 'utf8'));
  await writeFile(join(folder, POLICY_PATH), policy);
  const git = async (...args: string[]) => {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Corner Shops',
      GIT_AUTHOR_EMAIL: 'shops@example.org',
      GIT_COMMITTER_NAME: 'Corner Shops',
      GIT_COMMITTER_EMAIL: 'shops@example.org',
    };
    const ended = await systemPrograms(silentLog).run('git', args, { cwd: folder, env, timeoutMs: 30_000 });
    if (ended.exitCode !== 0) throw new Error(`git ${args[0]}: ${ended.stderr}`);
    return ended.stdout.trim();
  };
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://github.com/corner-shops/shops.git');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'The shops');
  return { folder, commit: await git('rev-parse', 'HEAD'), policy };
}
