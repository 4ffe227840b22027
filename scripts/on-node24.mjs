/**
 * Runs a script on Node 24, the runtime the actions ship for, whatever `node` started us.
 *
 * The binary comes from the npm package for this platform (an optional dependency), so no
 * version manager is needed. Node 24's folder is put first on PATH for everything below.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Path of a Node 24 binary: the running one where it is 24, else the packaged one. */
function node24() {
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (process.versions.node.startsWith('24.')) return process.execPath;
  console.error(
    `tillgate: no Node 24 for ${process.platform}-${process.arch}: ${packaged} is missing and the running Node is ${process.versions.node}.\n` +
      'The actions ship for node24, so nothing is run on another version. Run `npm ci` again without --omit=optional, or put Node 24 on PATH.',
  );
  process.exit(1);
}

const binary = node24();
const child = spawn(binary, process.argv.slice(2), {
  stdio: 'inherit',
  env: {
    ...process.env,
    TILLGATE_NODE24: binary,
    PATH: `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}`,
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`tillgate: could not start ${binary}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
