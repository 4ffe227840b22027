import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { notRun } from '../require.ts';
import { commitBytes, GitObjects, type TreeEntry } from './git-objects.ts';

const programs = systemPrograms(silentLog);
const env = { PATH: process.env.PATH ?? '' };
const version = await programs
  .run('git', ['--version'], { env, cwd: tmpdir(), timeoutMs: 10_000 })
  .catch(() => undefined);
if (!version) notRun('git', 'it is not on PATH; install it with the package manager of the system');

(version ? describe : describe.skip)('names of objects', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tillgate-git-test-'));
    await programs.run('git', ['init', '--bare', folder], { env, cwd: folder, timeoutMs: 10_000 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function git(args: string[], input: Uint8Array | string): Promise<string> {
    const { exitCode, stdout, stderr } = await programs.run('git', args, {
      env,
      cwd: folder,
      input,
      timeoutMs: 10_000,
    });
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.trim();
  }
  /** Git's own name for an object, which it writes only when the bytes are well formed. */
  const nameByGit = (type: string, input: Uint8Array) => git(['hash-object', '-w', '-t', type, '--stdin'], input);
  /** Git's own name for a tree, whose entries it sorts itself. */
  const treeByGit = (entries: readonly TreeEntry[]) =>
    git(['mktree', '-z'], entries.map(({ mode, type, sha, path }) => `${mode} ${type} ${sha}\t${path}\0`).join(''));

  it('are those that git gives', async () => {
    const objects = new GitObjects();
    const tree = objects.addTree({
      // In the order of git, `a-b` comes before the folder `a`, and `a.txt` after `a-b` but before it too.
      'a/deep/file.txt': 'deep\n',
      'a-b': 'x',
      'a.txt': '',
      'ümlaut.txt': 'ü\n',
      link: { symlink: 'a.txt' },
      'run.sh': { executable: '#!/bin/sh\n' },
    });
    const by = { name: 'ada', email: 'ada@shops.example', at: new Date('2026-11-27T05:00:00Z') };
    const first = { tree, parents: [], author: by, committer: by, message: 'Begin\n' };
    const sha = objects.addCommit(first);
    const second = { ...first, parents: [sha], message: 'Go on' };
    const next = objects.addCommit(second);

    for (const [name, bytes] of objects.blobs) expect(await nameByGit('blob', bytes)).toBe(name);
    for (const [name, entries] of objects.trees) expect(await treeByGit(entries)).toBe(name);
    expect(await nameByGit('commit', commitBytes(first))).toBe(sha);
    expect(await nameByGit('commit', commitBytes(second))).toBe(next);
  });

  it('leave nothing between a commit and itself, and all before it from the beginning', () => {
    const git = new GitObjects();
    const by = { name: 'ada', email: 'ada@shops.example', at: new Date(0) };
    const commit = (parents: string[], message: string) =>
      git.addCommit({ tree: git.addTree({}), parents, author: by, committer: by, message });
    const root = commit([], 'root');
    const [left, right] = [commit([root], 'left'), commit([root], 'right')];
    const merge = commit([left, right], 'merge');
    const messages = (base: string | undefined, head: string) => git.between(base, head).map(({ message }) => message);
    expect(messages(merge, merge)).toEqual([]);
    expect(messages(left, merge).sort()).toEqual(['merge', 'right']);
    expect(messages(undefined, merge).sort()).toEqual(['left', 'merge', 'right', 'root']);
    expect(messages(left, right)).toEqual(['right']);
  });
});
