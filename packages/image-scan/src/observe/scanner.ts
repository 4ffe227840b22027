import { join } from 'node:path';
import type { ScanDemands } from '@tillgate/policy';
import { type Evidence, parseDuration, type Sha256 } from '@tillgate/release';
import type { ImageReference } from '../image/image-reference.ts';
import type { PlatformImage } from '../image/manifest.ts';
import { layoutOfOne } from '../image/oci-layout.ts';
import type { ResolvedImage } from '../image/resolve-image.ts';
import { readReport } from '../report/read-report.ts';
import type { ScanReport } from '../report/report.ts';
import type { StagedDatabase } from '../tool/database.ts';
import { openTrivy, scan, type Target, ToolError, type Trivy } from '../tool/trivy.ts';
import { databaseFor } from './database-for.ts';
import type { ScanRequest, ScanWorld } from './request.ts';

/** A checked scanner with a checked database: candidate and baseline are scanned with the same ones. */
export interface Scanner {
  trivy: Trivy;
  database: StagedDatabase;
  evidence: Evidence[];
  /** Scans one image and leaves the report in a file. @throws ToolError, ImageError, ReportError */
  scan(
    reference: ImageReference,
    image: PlatformImage | undefined,
    scanners: ScanDemands['scanners'],
  ): Promise<{ report: ScanReport; path: string }>;
}

/** Checks Trivy and its database and makes them ready. @throws ToolError, DatabaseError */
export async function openScanner(request: ScanRequest, world: ScanWorld): Promise<Scanner> {
  const { policy } = request;
  if (request.trivyPath === undefined) {
    throw new ToolError(
      'scan/tool-not-accepted',
      'No Trivy was given: install it by its sha256 in an earlier step and name it in `trivy-path`.',
    );
  }
  const timeoutMs = parseDuration(policy.trivy.timeout);
  const trivy = await openTrivy(request.trivyPath, policy.trivy, request.policyFile, world.temp, timeoutMs);
  const database = await databaseFor(trivy, request, world);
  let count = 0;
  return {
    trivy,
    database,
    evidence: [
      { name: 'trivy', digest: trivy.digest, note: trivy.version },
      { name: 'vulnerability database', digest: database.digest, note: `of ${database.updatedAt}, ${database.by}` },
    ],
    async scan(reference, image, scanners) {
      count += 1;
      const report = join(world.temp, `report-${count}.json`);
      const target = await targetOf(reference, image, join(world.temp, `layout-${count}`));
      const { programs, environment, signal } = world;
      const { cache } = database;
      await scan(trivy, programs, { target, cache, report, scanners, environment, signal });
      return { report: await readReport(report), path: report };
    },
  };
}

async function targetOf(reference: ImageReference, image: PlatformImage | undefined, folder: string): Promise<Target> {
  if (reference.kind === 'docker-archive' || !image) {
    if (reference.kind !== 'docker-archive') throw new Error('Only an archive can be scanned without its manifest.');
    return { input: reference.path };
  }
  if (reference.kind === 'registry') {
    return { remote: `${reference.host}/${reference.repository}@${image.manifest}` };
  }
  await layoutOfOne(reference.path, image, folder);
  return { input: folder };
}

/** The platform images of a resolved image; an archive has one, of which only the scanner knows more. */
export function scannable(resolved: ResolvedImage): { image: PlatformImage | undefined; config: Sha256 }[] {
  return resolved.kind === 'archive'
    ? [{ image: undefined, config: resolved.config }]
    : resolved.images.map((image) => ({ image, config: image.config }));
}
