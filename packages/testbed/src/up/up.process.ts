/** Keeps the bed that `npm run testbed -- up` has asked for, until SIGTERM. Its parent hears how it goes. */
import { rm } from 'node:fs/promises';
import { writeWhole } from '@tillgate/host';
import { ENV_FILE, holdUp, UP_FILE } from './places.ts';
import { startWholeBed } from './whole-bed.ts';

const held = holdUp();
if (!held) {
  process.send?.({ failed: 'A bed is up already: `npm run testbed -- status` shows it.' });
  process.exit(1);
}
try {
  const bed = await startWholeBed(({ part, millis }) =>
    process.send?.({ line: `${part} ready after ${(millis / 1000).toFixed(1)} s` }),
  );
  const exports = Object.entries(bed.env).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  await writeWhole(ENV_FILE(), exports.join(''));
  await writeWhole(UP_FILE(), JSON.stringify({ pid: process.pid, since: Date.now() }));
  process.send?.({ ready: Object.keys(bed.env) });
  if (process.connected) process.disconnect();
  await new Promise((resolve) => {
    const stay = setInterval(() => {}, 2 ** 30);
    process.once('SIGTERM', () => resolve(clearInterval(stay)));
  });
  await bed.stop();
  for (const file of [ENV_FILE(), UP_FILE()]) await rm(file, { force: true });
  process.exit(0);
} catch (cause) {
  process.send?.({ failed: (cause as Error).message });
  process.exit(1);
}
