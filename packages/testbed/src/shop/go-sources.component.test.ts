import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { packageFolder } from '../components/cache.ts';
import { notRun } from '../require.ts';

const go = (folder: string, ...args: string[]) =>
  spawnSync('go', args, {
    cwd: join(packageFolder, folder),
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0' },
  });
const there = go('shop', 'version').status === 0;
if (!there) notRun('go', 'it is not on PATH');

(there ? describe : describe.skip).each(['shop', 'fixture-db'])('the Go program %s', (folder) => {
  it('passes its own tests, `go vet` and gofmt', () => {
    expect(go(folder, 'vet', './...')).toMatchObject({ status: 0, stderr: '' });
    expect(go(folder, 'test', './...')).toMatchObject({ status: 0 });
    expect(spawnSync('gofmt', ['-l', '.'], { cwd: join(packageFolder, folder), encoding: 'utf8' }).stdout).toBe('');
  });
});
