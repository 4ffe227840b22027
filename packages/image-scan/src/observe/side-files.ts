import { FileError, readBounded } from '@tillgate/host';
import { digestOf, type Evidence, parseDuration } from '@tillgate/release';
import { CatalogueError, type KnownExploited, readKnownExploited } from '../accept/known-exploited.ts';
import { readOpenVex, VexError, type VexStatement } from '../accept/openvex.ts';
import { type Authority, vouchedFor } from '../evidence/authority.ts';
import { BUNDLE_LIMIT } from '../evidence/bundle.ts';
import type { BundleFile } from '../evidence/provenance.ts';
import type { IdleAcceptance } from '../seen.ts';
import type { ScanRequest } from './request.ts';
import type { Troubles } from './troubles.ts';

/** The largest catalogue or OpenVEX document that is read, in bytes. */
const LIMIT = 32 * 1024 * 1024;

/** What files beside the image say, as far as the policy believes them. */
interface SideFiles {
  exploited?: KnownExploited;
  vex: VexStatement[];
  bundles: BundleFile[];
  /** OpenVEX documents that nobody vouches for: they do not count, and that is told. */
  idle: IdleAcceptance[];
  evidence: Evidence[];
}

/**
 * Reads the catalogue of exploited vulnerabilities, OpenVEX documents and signature bundles.
 *
 * @param now milliseconds since the epoch
 */
export async function readSideFiles(request: ScanRequest, now: number, troubles: Troubles): Promise<SideFiles> {
  const found: SideFiles = { vex: [], bundles: [], idle: [], evidence: [] };
  const { policy } = request;
  const read = async <T>(name: string, authority: Authority, understand: (bytes: Uint8Array) => T) => {
    try {
      const bytes = await readBounded(name, LIMIT);
      const digest = digestOf(bytes);
      const answer = await vouchedFor([digest], authority, `${name}.sigstore.json`);
      if ('refused' in answer) return answer;
      const value = understand(bytes);
      found.evidence.push({ name, digest, note: answer.by });
      return { value };
    } catch (cause) {
      if (!(cause instanceof FileError || cause instanceof CatalogueError || cause instanceof VexError)) throw cause;
      troubles.add('scan/acceptance-unusable', name, `${name} cannot be used: ${cause.message}.`);
      return undefined;
    }
  };
  if (request.kevFile !== undefined) {
    const answer = await read(request.kevFile, policy.kev, (bytes) => readKnownExploited(bytes, now));
    if (answer && 'value' in answer) found.exploited = answer.value;
    if (answer && 'refused' in answer) {
      troubles.add(
        'scan/acceptance-unusable',
        request.kevFile,
        `${request.kevFile} may not be used: ${answer.refused}.`,
      );
    }
  }
  const validForMs = parseDuration(policy.vex.validFor);
  for (const file of request.vexFiles) {
    const answer = await read(file, policy.vex, (bytes) => readOpenVex(bytes, { now, validForMs }));
    if (answer && 'value' in answer) found.vex.push(...answer.value);
    if (answer && 'refused' in answer)
      found.idle.push({ id: file, kind: 'vex', why: 'not-believed', detail: answer.refused });
  }
  for (const file of request.bundleFiles) {
    try {
      found.bundles.push({ name: file, bytes: await readBounded(file, BUNDLE_LIMIT) });
    } catch (cause) {
      if (!(cause instanceof FileError)) throw cause;
      troubles.add('scan/acceptance-unusable', file, `The bundle cannot be used: ${cause.message}`);
    }
  }
  return found;
}
