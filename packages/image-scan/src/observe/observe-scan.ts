import { type Coverage, type Evidence, type Instant, instantOf, millisOf, parseDuration } from '@tillgate/release';
import { assess, idleAcceptances, knownAs, type Used, withoutEmergencies } from '../accept/assess.ts';
import { waiverBook } from '../accept/waivers.ts';
import { compare } from '../compare.ts';
import { provenSignature, provenSource } from '../evidence/provenance.ts';
import { digestIn } from '../image/manifest.ts';
import type { ScanReport } from '../report/report.ts';
import type { Assessed, PlatformSeen, Proof, ScanSeen } from '../seen.ts';
import { type BoundReport, gatherReports, type Reports } from './reports.ts';
import type { ScanRequest, ScanWorld } from './request.ts';
import { readSideFiles } from './side-files.ts';
import { Troubles } from './troubles.ts';

/** What a scan has brought, and how far it may be relied on. */
export interface ScanObservation {
  seen: ScanSeen;
  coverage: Coverage;
  evidence: Evidence[];
  validUntil: Instant;
  /** The reports themselves, for a bill of materials. */
  reports: Reports;
}

/** A scan may be relied on for at most this long, and never beyond the age the policy allows its database. */
const LONGEST_MS = 24 * 3_600_000;
/** Characters of a label that are told. */
const LONGEST_NAME = 500;
const NOT_ASKED: Proof = { proven: false, why: 'not asked for' };

/**
 * Scans an image and what production runs, compares them, and gathers everything that the rules judge. Only
 * what nobody foresaw is thrown; whatever could not be known is in the observation.
 */
export async function observeScan(request: ScanRequest, world: ScanWorld): Promise<ScanObservation> {
  const { policy, demands, image, environment, emergency } = request;
  const at = instantOf(world.now);
  const troubles = new Troubles();
  const side = await readSideFiles(request, world.now, troubles);
  const reports = await gatherReports(request, world, troubles);

  const waivers = waiverBook(policy.waivers, at, parseDuration(demands.waiversAtMost));
  const authorities = { waivers, vex: side.vex, exploited: side.exploited };
  const used: Used = new Set();
  const vulnerabilities: Assessed[] = [];
  const platforms: PlatformSeen[] = [];
  for (const { report, platform, image: one } of reports.candidate) {
    const baselines = reports.baselines.flatMap(({ digest, reports: of }) =>
      of
        .filter((baseline) => baseline.platform === platform)
        .map(({ report: { vulnerabilities: all }, image: old }) =>
          withoutEmergencies(all, waivers, { environment, images: knownAs(digest, old?.manifest, image.digest) }),
        ),
    );
    const scope = { environment, emergency, images: knownAs(image.digest, one?.manifest) };
    const comparison = compare(report.vulnerabilities, baselines);
    for (const found of assess(comparison, platform, authorities, scope, at, used)) vulnerabilities.push(found);
    platforms.push(platformSeen(report, comparison.fixed.length));
  }
  const scope = {
    environment,
    emergency,
    images: knownAs(image.digest, ...reports.candidate.map((one) => one.image?.manifest)),
  };
  const idle = [...side.idle, ...idleAcceptances(authorities, scope, at, used)];
  const provenance =
    demands.provenance === 'required' || side.bundles.length > 0
      ? await provenSource(side.bundles, image.digest, request.commit, policy.provenance)
      : NOT_ASKED;
  const signature =
    demands.signature === 'required'
      ? await provenSignature(side.bundles, image.digest, policy.signature.keys)
      : NOT_ASKED;
  const base = baseOf(reports.candidate);
  const exploitedAsOf = side.exploited && {
    released: side.exploited.released,
    stale: world.now - millisOf(side.exploited.released) > parseDuration(policy.kev.maxAge),
  };
  const missing = reports.platforms.filter((name) => !platforms.some(({ platform }) => platform === name));
  return {
    seen: {
      at,
      image: image.digest,
      demands,
      baseline: reports.baselines.map(({ digest }) => digest),
      platforms,
      vulnerabilities,
      troubles: troubles.list,
      idle,
      ...(exploitedAsOf && { exploitedAsOf }),
      signature,
      provenance,
      ...commitOf(reports.candidate, request.commit, provenance),
      ...(base && { base }),
    },
    coverage: { expected: Math.max(1, reports.platforms.length), missing },
    evidence: [...reports.evidence, ...side.evidence],
    validUntil: validUntil(world.now, reports, parseDuration(policy.database.maxAge), vulnerabilities),
    reports,
  };
}

function platformSeen(report: ScanReport, fixed: number): PlatformSeen {
  const { platform, os, packages, secrets, misconfigurations } = report;
  return { platform, ...(os && { os }), packages, fixed, secrets, misconfigurations };
}

/** How the commit is bound to the image; a label on any platform that names another commit is noted. */
function commitOf(candidate: readonly BoundReport[], commit: string, provenance: Proof) {
  const labels = candidate.map(({ report }) => report.labels['org.opencontainers.image.revision']);
  const other = labels.find((label) => label !== undefined && label !== commit);
  const labelled = labels.length > 0 && labels.every((label) => label === commit);
  return {
    commitBinding: provenance.proven ? ('provenance' as const) : labelled ? ('label' as const) : ('none' as const),
    ...(other !== undefined && { labelledCommit: other }),
  };
}

/** The base image, as the build noted it down (org.opencontainers.image.base.*). */
function baseOf(candidate: readonly BoundReport[]): ScanSeen['base'] {
  for (const { image, report } of candidate) {
    const noted = { ...report.labels, ...image?.annotations };
    const name = noted['org.opencontainers.image.base.name']?.slice(0, LONGEST_NAME);
    const digest = digestIn(noted['org.opencontainers.image.base.digest']);
    if (name !== undefined) return { name, ...(digest !== undefined && { digest }) };
  }
  return undefined;
}

function validUntil(now: number, reports: Reports, databaseMaxAge: number, found: readonly Assessed[]): Instant {
  let until = now + LONGEST_MS;
  if (reports.databaseOf !== undefined) until = Math.min(until, millisOf(reports.databaseOf) + databaseMaxAge);
  for (const { accepted } of found) if (accepted) until = Math.min(until, millisOf(accepted.expires));
  return instantOf(Math.max(now, until));
}
