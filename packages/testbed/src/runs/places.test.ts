import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ownRunsFolder, runsFolder } from './places.ts';

describe('the folder of runs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'places-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the one that TILLGATE_RUNS names, else one of this user alone', () => {
    expect(runsFolder({ TILLGATE_RUNS: '/dev/shm/runs' })).toBe('/dev/shm/runs');
    expect(runsFolder({})).toContain(`tillgate-${process.getuid?.()}`);
  });

  it('is made', () => {
    expect(ownRunsFolder({ TILLGATE_RUNS: join(folder, 'a', 'b') })).toBe(join(folder, 'a', 'b'));
  });

  it('is refused where others can write', () => {
    chmodSync(folder, 0o777);
    expect(() => ownRunsFolder({ TILLGATE_RUNS: folder })).toThrow('can be written by others');
  });
});
