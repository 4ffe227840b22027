import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';
import { type Component, MissingComponent } from '../components/index.ts';

const TIMEOUT_MS = 5 * 60_000;

/**
 * Gives a Prometheus that is not started yet a past, with promtool as its operators would.
 *
 * @param past OpenMetrics text with a time on every sample, ending in `# EOF`
 * @throws MissingComponent, Error with what promtool says against the text
 */
export async function backFill(prometheus: Component, past: string, folder: string): Promise<void> {
  const tool = join(dirname(prometheus.path), 'promtool');
  if (!existsSync(tool))
    throw new MissingComponent(`promtool is not beside ${prometheus.path}: a past cannot be made.`);
  const file = join(folder, 'past.om');
  await writeFile(file, past);
  const args = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder, 'data')];
  const ended = await systemPrograms(silentLog).run(tool, args, {
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...prometheus.env },
    cwd: folder,
    timeoutMs: TIMEOUT_MS,
  });
  if (ended.exitCode !== 0) throw new Error(`promtool refuses this past: ${ended.stderr.trim().slice(-1_000)}`);
  await rm(file);
}
