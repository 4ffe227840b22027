import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOdoo, startRetail } from '@tillgate/testbed/odoo';
import { type Visited, visit } from './visit.ts';

/**
 * One visit of so many tenants on one Odoo, each with a database of its own. The server has loaded all databases
 * before, as a server at work has.
 */
export async function visitTenants(
  count: number,
  concurrency: number,
  flows: readonly string[],
  say: (progress: string) => void,
): Promise<Visited & { requests: number }> {
  const retail = await startRetail();
  const names = Array.from({ length: count }, (_, index) => `tenant_${String(index + 1).padStart(2, '0')}`);
  try {
    const started = performance.now();
    const since = () => `${Math.round((performance.now() - started) / 1_000)} s`;
    const [first = ''] = names;
    await retail.clone({ name: first });
    await retail.postgres.psql(
      "INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'true')",
      first,
    );
    for (const name of names.slice(1)) await retail.clone({ name, from: first });
    // Copies are made one after the other, and the last one must not find its jobs late.
    say(`${count} databases are copied (${since()})`);
    const roomy = String(16 * 2 ** 30);
    const odoo = await startOdoo({
      retail,
      database: names.join(),
      args: [`--limit-memory-soft=${roomy}`, `--limit-memory-hard=${roomy}`],
    });
    try {
      const log = () => readFile(odoo.log, 'utf8');
      const loaded = async () => (await log()).match(/Registry loaded in/g)?.length ?? 0;
      for (let told = 0; told < count; await sleep(1_000)) {
        const now = await loaded();
        if (now >= told + 10 || now >= count) say(`the server has loaded ${now} of ${count} (${since()})`);
        if (now >= told + 10 || now >= count) told = now;
      }
      const before = posts(await log());
      say(`visiting ${count} tenants, ${concurrency} at once: ${flows.join(', ') || 'all flows'}`);
      const apiKey = retail.template.apiKey;
      const visited = await visit({ url: odoo.url, tenants: names, apiKey, concurrency, flows });
      say(`visited in ${Math.round(visited.seconds)} s (${since()})`);
      return { ...visited, requests: posts(await log()) - before };
    } finally {
      await odoo.stop();
    }
  } finally {
    await retail.stop();
  }
}

const posts = (log: string): number => log.match(/"POST \/(json|web)/g)?.length ?? 0;
