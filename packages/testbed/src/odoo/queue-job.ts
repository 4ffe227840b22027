import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fillPlace } from '../components/cache.ts';
import { cacheFolder, versions, withLock } from '../components/index.ts';
import { runLogged } from '../components/run-logged.ts';

/**
 * Folder with the add-on `queue_job` for Odoo 19, fetched from PyPI once and kept in the cache. It is
 * much used and no part of Odoo. Later versions also need openupgradelib, which is not in Odoo's root.
 *
 * @throws BuildError
 */
export async function queueJobAddon(): Promise<string> {
  const version = versions['queue-job'];
  const place = join(cacheFolder(), 'components', 'queue-job', version);
  const log = join(cacheFolder(), 'logs', 'queue-job.log');
  if (!existsSync(place)) {
    await withLock(join(cacheFolder(), 'locks', 'queue-job'), async () => {
      if (existsSync(place)) return;
      await fillPlace(place, (folder) =>
        // Without what it needs, which is Odoo.
        runLogged(
          'python3',
          ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-compile']
            .concat(['--target', folder])
            .concat(`odoo-addon-queue-job==${version}`),
          { log, cwd: folder },
        ),
      );
    });
  }
  return join(place, 'odoo', 'addons');
}
