import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ScanObservation } from '../observe/observe-scan.ts';
import type { ScanWorld } from '../observe/request.ts';
import { convertToCycloneDx } from '../tool/trivy.ts';

/**
 * Writes a CycloneDX bill of materials for each platform: the first one under the name given, further ones
 * with their platform before the ending (`sbom.linux-arm64.json`).
 *
 * @returns the files written; none where the reports were made elsewhere, since no scanner was opened then
 * @throws ToolError
 */
export async function writeBillsOfMaterials(
  { reports }: ScanObservation,
  file: string,
  { programs, environment, signal }: Pick<ScanWorld, 'programs' | 'environment' | 'signal'>,
): Promise<string[]> {
  const { scanner, candidate } = reports;
  if (!scanner) return [];
  await mkdir(dirname(file), { recursive: true });
  const written: string[] = [];
  for (const [index, { path, platform }] of candidate.entries()) {
    const sbom = index === 0 ? file : file.replace(/(\.[^./]*)?$/, `.${platform.replaceAll('/', '-')}$1`);
    await convertToCycloneDx(scanner.trivy, programs, { report: path, sbom, environment, signal });
    written.push(sbom);
  }
  return written;
}
