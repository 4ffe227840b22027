import { createHash } from 'node:crypto';
import { commitSchema } from '@tillgate/release';
import { z } from 'zod';
import type { Api, Repository } from './api.ts';
import { GitHubError } from './errors.ts';

/** A file as it lies on the default branch. */
export interface TrustedFile {
  bytes: Uint8Array;
  /** The head commit of the default branch at which it was read. */
  commit: string;
  /** The full name of the default branch, for example `refs/heads/main`. */
  ref: string;
}

/** What lies at the path instead of a file that may be read. */
export type Found = 'nothing' | 'folder' | 'symlink' | 'submodule' | 'large file' | 'damaged file';

/** Raised when the path holds no file that may be read; the message says what it holds. */
export class TrustedFileError extends Error {
  override readonly name = 'TrustedFileError';
  readonly found: Found;

  constructor(found: Found, message: string) {
    super(message);
    this.found = found;
  }
}

/** The largest trusted file, in bytes. */
export const TRUSTED_FILE_LIMIT = 1024 * 1024;

const repositorySchema = z.looseObject({ default_branch: z.string().min(1).max(255) });
const refSchema = z.looseObject({ object: z.looseObject({ type: z.literal('commit'), sha: commitSchema }) });
const treeSchema = z.looseObject({
  truncated: z.boolean(),
  tree: z.array(
    z.looseObject({ path: z.string(), mode: z.string(), sha: commitSchema, size: z.int().min(0).optional() }),
  ),
});
const blobSchema = z.looseObject({ encoding: z.literal('base64'), content: z.string() });

const PERMISSION = 'contents: read';
const MODES: Record<string, Found | 'file'> = {
  '100644': 'file',
  '100755': 'file',
  '040000': 'folder',
  '120000': 'symlink',
  '160000': 'submodule',
};

/**
 * Reads one file from the head of the default branch, whatever is checked out here. There is no parameter
 * for another ref: who could choose the ref could choose the policy.
 *
 * The path is walked tree by tree rather than asked from the contents endpoint, which answers a symlink
 * with the file that it points to. The bytes must hash to the name that git gave them.
 *
 * Needs `contents: read`.
 *
 * @throws TrustedFileError when the path holds nothing, a folder, a symlink, a submodule or over 1 MiB
 * @throws GitHubError
 */
export async function trustedFile(
  api: Api,
  { owner, repo, path }: Repository & { path: string },
): Promise<TrustedFile> {
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw new TrustedFileError('nothing', `"${path}" is no path inside a repository; write it like .github/file.yml.`);
  }
  const where = `${owner}/${repo}`;
  const ask = <T>(about: string, route: `GET /${string}`, schema: z.ZodType<T>, parameters: Record<string, string>) =>
    api.ask({ about, permission: PERMISSION, route, schema, parameters: { owner, repo, ...parameters } });

  const repository = await ask(`the repository ${where}`, 'GET /repos/{owner}/{repo}', repositorySchema, {});
  const branch = repository.value.default_branch;
  // The exact name of a branch: a tag of the same name must not be taken for it.
  const head = await ask(`the branch ${branch} of ${where}`, 'GET /repos/{owner}/{repo}/git/ref/{ref}', refSchema, {
    ref: `heads/${branch}`,
  });
  const commit = head.value.object.sha;

  let tree_sha = commit;
  for (const [depth, segment] of segments.entries()) {
    const here = segments.slice(0, depth + 1).join('/');
    const listed = await ask(`${here} of ${where}`, 'GET /repos/{owner}/{repo}/git/trees/{tree_sha}', treeSchema, {
      tree_sha,
    });
    const entry = listed.value.tree.find((candidate) => candidate.path === segment);
    const isLast = depth === segments.length - 1;
    const found = entry ? MODES[entry.mode] : 'nothing';
    if (!entry && listed.value.truncated) {
      throw new GitHubError('too-large', `The folder that holds ${here} in ${where} is too large to be listed.`);
    }
    if (!entry || found !== (isLast ? 'file' : 'folder')) throw wrongKind(found, here, path, `${where}@${commit}`);
    if (isLast && (entry.size ?? 0) > TRUSTED_FILE_LIMIT) throw tooLarge(path, entry.size ?? 0);
    tree_sha = entry.sha;
  }

  const blob = await ask(`${path} of ${where}`, 'GET /repos/{owner}/{repo}/git/blobs/{file_sha}', blobSchema, {
    file_sha: tree_sha,
  });
  const bytes = Buffer.from(blob.value.content, 'base64');
  if (bytes.length > TRUSTED_FILE_LIMIT) throw tooLarge(path, bytes.length);
  if (gitName(bytes, tree_sha.length) !== tree_sha) {
    throw new TrustedFileError(
      'damaged file',
      `${path} arrived changed: its bytes do not hash to ${tree_sha}, its name in ${where}. Something between GitHub and here altered it.`,
    );
  }
  return { bytes, commit, ref: `refs/heads/${branch}` };
}

/** The name git gives to a file's bytes: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function gitName(bytes: Uint8Array, hexDigits: number): string {
  const hash = createHash(hexDigits === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function tooLarge(path: string, size: number): TrustedFileError {
  return new TrustedFileError('large file', `${path} has ${size} bytes; at most ${TRUSTED_FILE_LIMIT} are read.`);
}

function wrongKind(found: Found | 'file' | undefined, here: string, path: string, where: string): TrustedFileError {
  switch (found) {
    case 'nothing':
      return new TrustedFileError(
        'nothing',
        `${where} has no ${path}${here === path ? '' : ` (no ${here})`}. Commit it to the default branch.`,
      );
    case 'folder':
      return new TrustedFileError('folder', `${path} in ${where} is a folder, not a file.`);
    case 'symlink':
      return new TrustedFileError(
        'symlink',
        `${here} in ${where} is a symlink; it is not followed. Commit the file itself.`,
      );
    case 'submodule':
      return new TrustedFileError(
        'submodule',
        `${here} in ${where} is a submodule, so its content is another repository's. Commit the file itself.`,
      );
    case 'file':
      return new TrustedFileError('nothing', `${here} in ${where} is a file, so there is no ${path}.`);
    default:
      return new TrustedFileError('nothing', `${here} in ${where} is of a kind that git does not know.`);
  }
}
