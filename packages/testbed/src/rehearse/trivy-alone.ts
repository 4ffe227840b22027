import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';

/** How long Trivy by itself takes for these images with this database, in milliseconds: what a gate cannot save. */
export async function trivyAlone(
  trivy: string,
  database: string,
  images: readonly string[],
  scratch: string,
): Promise<number> {
  const cache = join(scratch, 'trivy-alone');
  await mkdir(join(cache, 'db'), { recursive: true });
  for (const file of ['trivy.db', 'metadata.json']) await copyFile(join(database, file), join(cache, 'db', file));
  const began = performance.now();
  for (const image of images) {
    const offline = [
      '--skip-db-update',
      '--skip-java-db-update',
      '--skip-check-update',
      '--offline-scan',
      '--skip-version-check',
      '--disable-telemetry',
    ];
    const args = [
      'image',
      '--image-src',
      'remote',
      '--format',
      'json',
      '--output',
      join(scratch, 'alone.json'),
      '--list-all-pkgs',
      '--scanners',
      'vuln',
      '--cache-dir',
      cache,
      '--quiet',
      ...offline,
      '--',
      image,
    ];
    const { exitCode, stderr } = await systemPrograms(silentLog).run(trivy, args, {
      cwd: scratch,
      env: { HOME: scratch },
      timeoutMs: 120_000,
    });
    if (exitCode !== 0) throw new Error(`Trivy by itself failed: ${stderr}`);
  }
  return performance.now() - began;
}
