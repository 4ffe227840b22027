import { memoryMiB, timed } from '../runs/index.ts';
import { startOdoo } from './odoo.ts';
import { startRetail } from './retail.ts';

/**
 * Starts the retail data, copies a database, starts a server and asks it something, one round of each.
 * Odoo is built first if it is not there. Times in milliseconds, memory in MiB.
 */
export async function measureOdoo(): Promise<Record<string, number>> {
  await (await startRetail()).stop(); // what is made once is made before anything is timed
  const [retail, data] = await timed(() => startRetail());
  try {
    const [database, clone] = await timed(() => retail.clone());
    const [odoo, start] = await timed(() => startOdoo({ retail, database }));
    try {
      const [, firstCall] = await timed(() => odoo.call('res.partner', 'search_count', { domain: [] }));
      const memory = await memoryMiB('odoo');
      return {
        odoo_data_start_ms: data,
        odoo_clone_ms: clone,
        odoo_start_ms: start,
        odoo_first_call_ms: firstCall,
        odoo_memory_mib: memory,
      };
    } finally {
      await odoo.stop();
    }
  } finally {
    await retail.stop();
  }
}
