import { describe, expect, it } from '@jest/globals';
import { scripted } from './scripted.test-kit.ts';
import { trustedFile } from './trusted-file.ts';

const COMMIT = 'c'.repeat(40);
const FOLDER = 'f'.repeat(40);
// `printf 'hello\n' | git hash-object --stdin`
const HELLO = 'ce013625030ba8dba906f756967f9e9ca394464a';
const wanted = { owner: 'acme', repo: 'shop', path: '.github/release-policy.yml' };

const repository = { body: { default_branch: 'release/main' } };
const head = { body: { ref: 'refs/heads/release/main', object: { type: 'commit', sha: COMMIT } } };
const root = tree({ path: '.github', mode: '040000', sha: FOLDER });
const blob = { body: { encoding: 'base64', content: 'aGVs\nbG8K\n', size: 6 } };

function tree(...entries: object[]) {
  return {
    body: { truncated: false, tree: [{ path: 'README.md', mode: '100644', sha: 'a'.repeat(40), size: 1 }, ...entries] },
  };
}
const file = (change: object = {}) =>
  tree({ path: 'release-policy.yml', mode: '100644', sha: HELLO, size: 6, ...change });

describe('trustedFile', () => {
  it('reads the default branch at its head commit, and that commit alone', async () => {
    const { api, asked } = scripted([repository, head, root, file(), blob]);
    const read = await trustedFile(api, wanted);
    expect(Buffer.from(read.bytes).toString()).toBe('hello\n');
    expect(read).toMatchObject({ commit: COMMIT, ref: 'refs/heads/release/main' });
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual([
      '/repos/acme/shop',
      '/repos/acme/shop/git/ref/heads%2Frelease%2Fmain',
      `/repos/acme/shop/git/trees/${COMMIT}`,
      `/repos/acme/shop/git/trees/${FOLDER}`,
      `/repos/acme/shop/git/blobs/${HELLO}`,
    ]);
  });

  it.each([
    ['no file', [root, tree()], 'nothing'],
    ['no folder', [tree()], 'nothing'],
    ['a folder', [root, file({ mode: '040000', size: undefined })], 'folder'],
    ['a symlink', [root, file({ mode: '120000' })], 'symlink'],
    ['a folder that is a symlink', [tree({ path: '.github', mode: '120000', sha: FOLDER, size: 9 })], 'symlink'],
    ['a submodule', [root, file({ mode: '160000', size: undefined })], 'submodule'],
    ['a folder that is a file', [tree({ path: '.github', mode: '100644', sha: FOLDER, size: 9 })], 'nothing'],
    ['a large file', [root, file({ size: 1024 * 1024 + 1 })], 'large file'],
    [
      'a large file whose size is not told',
      [
        root,
        file({ size: undefined }),
        { body: { encoding: 'base64', content: Buffer.alloc(1024 * 1024 + 1).toString('base64') } },
      ],
      'large file',
    ],
    [
      'other bytes than git named',
      [root, file(), { body: { encoding: 'base64', content: 'aGVsbE8K' } }],
      'damaged file',
    ],
  ])('refuses %s', async (_, answers, found) => {
    const { api } = scripted([repository, head, ...answers]);
    await expect(trustedFile(api, wanted)).rejects.toMatchObject({ name: 'TrustedFileError', found });
  });

  it.each(['/etc/passwd', '../x', 'a//b', './x', ''])('refuses the path "%s" without asking', async (path) => {
    const { api, asked } = scripted([]);
    await expect(trustedFile(api, { ...wanted, path })).rejects.toMatchObject({ name: 'TrustedFileError' });
    expect(asked).toEqual([]);
  });

  it('does not take a missing entry of a cut listing for a missing file', async () => {
    const { api } = scripted([repository, head, { body: { truncated: true, tree: [] } }]);
    await expect(trustedFile(api, wanted)).rejects.toMatchObject({ name: 'GitHubError', reason: 'too-large' });
  });
});
