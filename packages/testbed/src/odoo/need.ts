import { existsSync } from 'node:fs';
import { notRun, requireAll } from '../require.ts';
import { ODOO_19 } from './generations.ts';
import { odooRootPlace, whyNoOdoo } from './root.ts';

/**
 * Whether component tests may use Odoo here. If not, the output says `not run: odoo, because …`. With
 * TILLGATE_REQUIRE_ALL=1 it is built when first started, and where it cannot be built that is an error.
 */
export async function needOdoo(generation = ODOO_19): Promise<boolean> {
  const because = await whyNoOdoo(generation);
  if (because !== undefined) {
    notRun('odoo', because);
    return false;
  }
  if (!requireAll && !existsSync(odooRootPlace(generation))) {
    notRun(
      'odoo',
      `${generation.version} is not built yet; \`npm run testbed -- get odoo\` builds it in a few minutes`,
    );
    return false;
  }
  return true;
}
