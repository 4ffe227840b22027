import { join } from 'node:path';
import type { Container, PodRuntime } from '../pods/runtime.ts';
import { programAndArgs } from '../runs/index.ts';
import { odooRootPlace } from './root.ts';
import { odooWords } from './sandbox.ts';
import { terminable } from './termination.ts';

const PORT = 8069;

/**
 * Makes a pod whose image is called `odoo` a real Odoo 19 on the pod's address. The container's
 * environment names the data, as `podEnv` writes it. A container with the command `odoo`, or with
 * `odoo` or options as its arguments, runs Odoo with what follows, as the Job of a migration does; others run as they are.
 */
const odooRuntime: PodRuntime = {
  images: /(^|\/)odoo(:|@|$)/,
  async start({ pod, container, ip, env, folder }) {
    const [program, ...given] = wordsOf(container);
    if (program !== 'odoo') return undefined;
    const { PGHOST, PGPORT, ODOO_DATABASE, ODOO_DATA } = env;
    if (!PGHOST || !PGPORT || !ODOO_DATABASE || !ODOO_DATA) {
      throw new Error('An Odoo container needs PGHOST, PGPORT, ODOO_DATABASE and ODOO_DATA in its environment.');
    }
    const addons = (env.ODOO_ADDONS ?? '').split(':').filter((each) => each !== '');
    // Settings of add-ons; the rest of a container's environment is not for Odoo.
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('TILLGATE_')));
    const data = { socketDir: PGHOST, port: Number(PGPORT), data: ODOO_DATA };
    const sandbox = { root: odooRootPlace(), ...data, addons, env: own };
    const port = container.ports?.[0]?.containerPort ?? PORT;
    const listen = [`--http-interface=${ip}`, `--http-port=${port}`, '--no-database-list'];
    const args = ['-d', ODOO_DATABASE, ...listen, ...given];
    const { words, env: outer } = await odooWords(sandbox, 'server', args);
    const staysUp = (pod.spec.restartPolicy ?? 'Always') === 'Always';
    const server = terminable(words, join(folder, `odoo-${process.hrtime.bigint()}.json`));
    return {
      // A bed shows the machine's /proc; bubblewrap looks for the bed's own processes there.
      ...programAndArgs(['unshare', '--mount-proc', '--', ...server]),
      env: outer,
      cwd: folder,
      ...(staysUp && { ready: { port, path: '/web/health' } }),
    };
  },
};

export default odooRuntime;

/** What is run, as the entry point of Odoo's own image takes it: options alone are options of `odoo`. */
function wordsOf({ command, args = [] }: Container): string[] {
  if (command) return [...command, ...args];
  return args[0] === undefined || args[0].startsWith('-') ? ['odoo', ...args] : [...args];
}
