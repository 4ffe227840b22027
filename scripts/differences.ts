import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Names of files that differ between two folders, or are in one of them only. */
export async function differences(committed: string, made: string, label: string): Promise<string[]> {
  const [before, after] = await Promise.all([filesIn(committed), filesIn(made)]);
  const faults: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, fresh] = [before.get(name), after.get(name)];
    if (old === undefined) faults.push(`${label}/${name} is not committed`);
    else if (fresh === undefined) faults.push(`${label}/${name} is no longer made`);
    else if (!old.equals(fresh)) faults.push(`${label}/${name} is not what the sources give`);
  }
  return faults;
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file): Promise<[string, Buffer]> => [relative(folder, file), await readFile(file)]),
    ),
  );
}
