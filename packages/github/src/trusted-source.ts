import type { Api, ApiOptions } from './api.ts';
import { openApi } from './api.ts';
import { serverTime } from './server-time.ts';
import { type TrustedFile, trustedFile } from './trusted-file.ts';

/** The default branch of one repository as a source of files that a release cannot influence. */
export interface TrustedBranch {
  /** @throws TrustedFileError, GitHubError */
  read(path: string, signal: AbortSignal): Promise<TrustedFile>;
  /** Milliseconds by which this machine's clock is ahead of GitHub's; unknown before the first read. */
  clockOffsetMs(): number | undefined;
  readonly name: string;
}

/**
 * Opens the default branch of `repository` (`owner/name`). The clock is compared with the first read.
 *
 * Needs `contents: read`.
 */
export async function trustedBranch(
  access: { token: string; repository: string; apiUrl: string } & Pick<ApiOptions, 'log'>,
): Promise<TrustedBranch> {
  const [owner = '', repo = ''] = access.repository.split('/');
  let ahead: number | undefined;
  const api = (signal: AbortSignal): Api => openApi({ ...access, signal });
  return {
    name: new URL(access.apiUrl).host,
    clockOffsetMs: () => ahead,
    async read(path, signal) {
      const clock = ahead === undefined ? serverTime(api(signal)) : undefined;
      const [file, time] = await Promise.all([trustedFile(api(signal), { owner, repo, path }), clock]);
      if (time) ahead = -time.offsetMs;
      return file;
    },
  };
}
