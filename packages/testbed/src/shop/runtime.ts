import { join } from 'node:path';
import { component } from '../components/component.ts';
import type { PodContext, PodProcess, PodRuntime } from '../pods/runtime.ts';
import { behaviourFile } from './behaviour.ts';

/** Port on which a shop listens, as Odoo does, unless its container names another. */
const SHOP_PORT = 8069;

/** Port on which a running shop is told how to behave, on its pod's address. */
const SHOP_CONTROL_PORT = 9069;

/**
 * Pods whose image's name ends in `shop` become shop servers. Their version is the image's digest, or
 * its tag. Of their command and arguments only `--max-cron-threads` is heeded. In a Job they run their command.
 */
const runtime: PodRuntime = {
  images: /(^|\/)[a-z0-9-]*shop([:@]|$)/,
  async start({ pod, container, ip, folder }: PodContext): Promise<PodProcess | undefined> {
    if ((pod.spec.restartPolicy ?? 'Always') !== 'Always') return undefined;
    const { path } = await component('shop');
    const port = container.ports?.[0]?.containerPort ?? SHOP_PORT;
    const bedFolder = join(folder, '..', '..');
    return {
      file: path,
      args: [
        `-listen=${ip}:${port}`,
        `-control=${ip}:${SHOP_CONTROL_PORT}`,
        `-behaviour=${behaviourFile(bedFolder, container.image)}`,
        `-serves=${versionOf(container.image)}`,
        `-name=${pod.metadata.name}`,
        '--',
        // What would start an Odoo: it tells whether there are scheduled jobs.
        ...(container.command ?? []),
        ...(container.args ?? []),
      ],
      // What a shop holds is small: collecting seldom keeps its processor time for answers.
      env: { GOGC: '400', GOMAXPROCS: '2' },
      ready: { port, path: '/web/health' },
    };
  },
};
export default runtime;

function versionOf(image: string): string {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? /:([^:/@]+)$/.exec(image)?.[1] ?? 'latest';
}
