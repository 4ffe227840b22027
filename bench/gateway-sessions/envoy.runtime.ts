import { join } from 'node:path';
import { component, type PodRuntime } from '@tillgate/testbed';
import { expand } from '../../packages/testbed/src/pods/environment.ts';

/** The name under which Envoy looks for Envoy Gateway. A bed has no DNS, and all addresses of it are one machine's. */
const CONTROL = 'envoy-gateway.envoy-gateway-system.svc.cluster.local.';

/** Where the files lie that Envoy's pod mounts, in the folder of a bed. */
export const mountsOf = (bedFolder: string) => join(bedFolder, 'envoy');

/**
 * Makes the pods of the Deployment that Envoy Gateway writes real Envoys, with the arguments that stand there: bootstrap
 * and all. What its container would mount lies in the folder of the bed.
 */
const runtime: PodRuntime = {
  images: /(^|\/)envoyproxy\/envoy[:@]/,
  async start({ container, env, folder }) {
    const { path } = await component('envoy');
    const mounts = mountsOf(join(folder, '..', '..'));
    const args = (container.args ?? []).map((each) =>
      expand(each, env).replaceAll('/sds/', `${mounts}/`).replaceAll(CONTROL, '127.0.0.1'),
    );
    return { file: path, args };
  },
};
export default runtime;
