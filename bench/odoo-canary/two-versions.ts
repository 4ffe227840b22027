import odoo from '../../packages/testbed/src/odoo/runtime.ts';
import type { PodRuntime } from '../../packages/testbed/src/pods/runtime.ts';

/**
 * Odoo as the bed runs it, with the add-ons of the image's own version: the variable `ADDONS_` with the first digits of its
 * digest names their folder. Images are what differ in life; here they are folders.
 */
const runtime: PodRuntime = {
  images: odoo.images,
  start(context) {
    const digits = /@sha256:([0-9a-f]{8})/.exec(context.container.image)?.[1] ?? '';
    return odoo.start({ ...context, env: { ...context.env, ODOO_ADDONS: context.env[`ADDONS_${digits}`] ?? '' } });
  },
};
export default runtime;
