import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { VERSION } from './version.ts';

it('is the version of the package', () => {
  const manifest = fileURLToPath(new URL('../../../package.json', import.meta.url));
  expect(VERSION).toBe(JSON.parse(readFileSync(manifest, 'utf8')).version);
});
