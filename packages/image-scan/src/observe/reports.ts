import type { ScanDemands } from '@tillgate/policy';
import { type Evidence, type Instant, parseDuration, type Sha256 } from '@tillgate/release';
import { type ImageReference, withDigest } from '../image/image-reference.ts';
import type { PlatformImage } from '../image/manifest.ts';
import { platformName } from '../image/platform-name.ts';
import { type ResolvedImage, resolveImage } from '../image/resolve-image.ts';
import { asAsked } from '../report/as-asked.ts';
import { type ForeignReport, foreignReport } from '../report/foreign-report.ts';
import type { ScanReport } from '../report/report.ts';
import type { ScanRequest, ScanWorld } from './request.ts';
import { openScanner, type Scanner, scannable } from './scanner.ts';
import type { Troubles } from './troubles.ts';

/** A report that is about this platform of this image, proven by the digest of the configuration. */
export interface BoundReport {
  report: ScanReport;
  image: PlatformImage | undefined;
  platform: string;
  path: string;
}

/** All reports of one run, and what they stand on. */
export interface Reports {
  candidate: BoundReport[];
  /** Platforms of the candidate, judged or not. */
  platforms: string[];
  /** By digest that production runs. */
  baselines: { digest: Sha256; reports: BoundReport[] }[];
  evidence: Evidence[];
  databaseOf?: Instant;
  scanner?: Scanner;
}

type Scanners = ScanDemands['scanners'];
/** Of what production runs only the vulnerabilities are compared. */
const OF_BASELINE: Scanners = ['vulnerabilities'];

/** Where reports come from: a scan of our own, or signed files. */
interface Source {
  databaseDigest: Sha256 | undefined;
  databaseOf: Instant | undefined;
  of(
    reference: ImageReference,
    part: { image: PlatformImage | undefined; config: Sha256 },
    scanners: Scanners,
  ): Promise<{ report: ScanReport; path: string } | undefined>;
  evidence: Evidence[];
  scanner?: Scanner;
}

/**
 * Gets the reports of the candidate, for every platform, and of what production runs. What cannot be had is
 * noted as a trouble.
 */
export async function gatherReports(request: ScanRequest, world: ScanWorld, troubles: Troubles): Promise<Reports> {
  const access = { dockerConfig: world.environment.DOCKER_CONFIG, signal: world.signal };
  const resolve = (reference: ImageReference) => resolveImage(reference, access);
  const resolved = await troubles.attempt('image', () => resolve(request.image));
  const source = await candidateSource(request, world, troubles);
  const parts = resolved ? scannable(resolved) : [];
  const candidate: BoundReport[] = [];
  for (const part of parts) {
    const bound = source && (await boundReport(request, part, source, troubles));
    if (bound) candidate.push(bound);
  }
  const platforms = parts.map(({ image }, index) => image?.platform ?? candidate[index]?.platform ?? 'unknown');
  for (const wanted of request.platforms) {
    const [os = '', architecture, variant] = wanted.split('/');
    if (!resolved || platforms.includes(platformName(os, architecture ?? '', variant))) continue;
    troubles.add(
      'scan/platform-missing',
      wanted,
      `The image has no variant for ${wanted}; it has: ${platforms.join(', ')}.`,
    );
  }
  const own = resolved ? digestsOf(request.image.digest, resolved) : [request.image.digest];
  const compared = request.demands.scanners.includes('vulnerabilities') ? request.baseline : [];
  const running = [...new Set(compared)].filter((digest) => !own.includes(digest));
  const baselineFrom = await baselineSource(request, world, source, troubles);
  const baselines: Reports['baselines'] = [];
  for (const digest of running) {
    const reports =
      baselineFrom && (await baselineReports(withDigest(request.image, digest), baselineFrom, resolve, troubles));
    baselines.push({ digest, reports: reports ?? [] });
  }
  return {
    candidate,
    platforms,
    baselines,
    evidence: [...(source?.evidence ?? []), ...(baselineFrom === source ? [] : (baselineFrom?.evidence ?? []))],
    ...(source?.databaseOf !== undefined && { databaseOf: source.databaseOf }),
    ...(source?.scanner && { scanner: source.scanner }),
  };
}

async function boundReport(
  { image: reference, demands: { scanners } }: ScanRequest,
  part: { image: PlatformImage | undefined; config: Sha256 },
  source: Source,
  troubles: Troubles,
): Promise<BoundReport | undefined> {
  const { image, config } = part;
  const key = image?.platform ?? config;
  const found = await troubles.attempt(key, () => source.of(reference, part, scanners));
  if (!found) return undefined;
  const { report, path } = found;
  if (report.imageId !== config) {
    troubles.add(
      'scan/wrong-artifact',
      key,
      `The report is about the image ${report.imageId}, not about ${config} (${key}).`,
    );
    return undefined;
  }
  if (image && report.platform !== image.platform) {
    troubles.add(
      'scan/wrong-artifact',
      key,
      `The report says that the image is for ${report.platform}; it is for ${image.platform}.`,
    );
    return undefined;
  }
  if (report.suppressed > 0) {
    troubles.add(
      'scan/report-unusable',
      key,
      `The scanner was told to leave out ${report.suppressed} findings; that is for the policy to do.`,
    );
    return undefined;
  }
  return { report: asAsked(report, scanners), image, platform: report.platform, path };
}

async function baselineReports(
  reference: ImageReference,
  source: Source,
  resolve: (reference: ImageReference) => Promise<ResolvedImage>,
  troubles: Troubles,
): Promise<BoundReport[]> {
  const bound: BoundReport[] = [];
  const strangers: string[] = [];
  const resolved = await troubles.attempt(reference.digest, () => resolve(reference), 'scan/baseline-unknown');
  for (const part of resolved ? scannable(resolved) : []) {
    const found = await troubles.attempt(
      reference.digest,
      () => source.of(reference, part, OF_BASELINE),
      'scan/baseline-unknown',
    );
    if (!found) continue;
    if (found.report.imageId === part.config)
      bound.push({ ...found, image: part.image, platform: found.report.platform });
    else strangers.push(found.report.imageId);
  }
  if (strangers.length > 0) {
    troubles.add(
      'scan/baseline-unknown',
      reference.digest,
      `The report of what production runs is about ${strangers.join(', ')}.`,
    );
  }
  return bound;
}

async function candidateSource(
  request: ScanRequest,
  world: ScanWorld,
  troubles: Troubles,
): Promise<Source | undefined> {
  return request.reportFiles.length > 0
    ? foreignSource(request, world, troubles, request.reportFiles, 'report')
    : troubles.attempt('scanner', async () => ownSource(await openScanner(request, world)));
}

/** The baseline must have been looked at with the database that the candidate was looked at with. */
async function baselineSource(
  request: ScanRequest,
  world: ScanWorld,
  candidate: Source | undefined,
  troubles: Troubles,
): Promise<Source | undefined> {
  if (request.baseline.length === 0 || !candidate || request.baselineReportFiles.length === 0) return candidate;
  const source = await foreignSource(request, world, troubles, request.baselineReportFiles, 'baseline-report');
  if (!source || source.databaseDigest === candidate.databaseDigest) return source;
  troubles.add(
    'scan/baseline-unknown',
    'database',
    'The report of what production runs was made with another database than the candidate’s: the difference would be the database’s.',
  );
  return undefined;
}

function ownSource(scanner: Scanner): Source {
  return {
    databaseDigest: scanner.database.digest,
    databaseOf: scanner.database.updatedAt,
    evidence: scanner.evidence,
    scanner,
    of: (reference, { image }, scanners) => scanner.scan(reference, image, scanners),
  };
}

async function foreignSource(
  { policy, demands }: ScanRequest,
  world: ScanWorld,
  troubles: Troubles,
  files: readonly string[],
  name: 'report' | 'baseline-report',
): Promise<Source | undefined> {
  const reports: ForeignReport[] = [];
  for (const [index, file] of files.entries()) {
    const report = await troubles.attempt(file, () =>
      foreignReport(file, world.temp, {
        signers: policy.reports.signers,
        scanners: name === 'report' ? demands.scanners : OF_BASELINE,
        maxAgeMs: parseDuration(policy.reports.maxAge),
        databaseMaxAgeMs: parseDuration(policy.database.maxAge),
        now: world.now,
        name: `${name}-${index}.json`,
      }),
    );
    if (report) reports.push(report);
  }
  const [first] = reports;
  if (!first) return undefined;
  if (reports.some(({ database }) => database.digest !== first.database.digest)) {
    troubles.add('scan/report-unusable', name, 'The reports were made with different databases.');
    return undefined;
  }
  return {
    databaseDigest: first.database.digest,
    databaseOf: first.database.updatedAt,
    evidence: reports.map(({ digest, database }) => ({
      name: name.replace('-', ' '),
      digest,
      note: `signed; database of ${database.updatedAt}`,
    })),
    of: async (_, { config, image }) => {
      const found = reports.find(({ report }) => report.imageId === config);
      if (found) return found;
      troubles.add(
        'scan/wrong-artifact',
        image?.platform ?? config,
        `None of the reports is about ${config}; they are about ${reports.map(({ report }) => report.imageId).join(', ')}.`,
      );
      return undefined;
    },
  };
}

function digestsOf(digest: Sha256, resolved: ResolvedImage): Sha256[] {
  return [digest, ...(resolved.kind === 'images' ? resolved.images.map(({ manifest }) => manifest) : [])];
}
