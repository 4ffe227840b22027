import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '@tillgate/release';

/**
 * Puts what both versions of Odoo found in the database where a job before would have left it. It was recorded by
 * deploy/odoo-facts/odoo_facts.py in the test bed's real Odoo; image and time are those of this rehearsal.
 */
export async function keepFacts(artifacts: string, name: string, images: { old: Sha256; new: Sha256 }): Promise<void> {
  const recorded = JSON.parse(await readFile(join(import.meta.dirname, 'odoo-facts.recorded.jsonl'), 'utf8')) as object;
  const folder = join(artifacts, name);
  await mkdir(folder, { recursive: true });
  for (const [version, image] of Object.entries(images)) {
    const line = JSON.stringify({ ...recorded, image, observedAt: new Date().toISOString() });
    await writeFile(join(folder, `${version}.jsonl`), `${line}\n`);
  }
}
