import { join } from 'node:path';
import { FileError, readBounded } from '@tillgate/host';
import type { ScanDemands } from '@tillgate/policy';
import { type Instant, instantSchema, millisOf, parseInstant, type Sha256, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { BUNDLE_LIMIT, BundleError, verifiedStatement } from '../evidence/bundle.ts';
import { isFromTheFuture } from '../evidence/from-the-future.ts';
import { CopyError, openedCopy } from '../tool/opened-copy.ts';
import { COMPROMISED } from '../tool/trivy.ts';
import { ReportError, readReport } from './read-report.ts';
import type { ScanReport } from './report.ts';

/** Predicate type of the statement that vouches for a report: its subject is the report's bytes. */
export const SCAN_REPORT = 'https://tillgate.dev/scan-report/v1';

const predicateSchema = z.looseObject({
  database: z.looseObject({ digest: sha256Schema, updatedAt: instantSchema }),
  /** What was looked for: a report in which nothing was found does not tell what nobody looked for. */
  scanners: z.array(z.enum(['vulnerabilities', 'secrets', 'configuration'])).default(['vulnerabilities']),
});

/** A report that somebody else made and signed. */
export interface ForeignReport {
  report: ScanReport;
  digest: Sha256;
  /** The database it was made with: reports are only compared when it is the same. */
  database: { digest: Sha256; updatedAt: Instant };
  /** The copy that was read. */
  path: string;
}

/** Raised when a report made elsewhere may not be used. */
export class ForeignReportError extends Error {
  override readonly name = 'ForeignReportError';
}

/**
 * Reads a report that was made elsewhere: a copy of it, once a statement beside it
 * (`<report>.sigstore.json`), signed with a key of the policy, has this very copy as its subject.
 *
 * @throws ForeignReportError when nobody vouches for it or it is too old
 * @throws ReportError, JsonDocumentError when it cannot be read
 */
export async function foreignReport(
  path: string,
  temp: string,
  demands: {
    signers: readonly string[];
    scanners: ScanDemands['scanners'];
    maxAgeMs: number;
    databaseMaxAgeMs: number;
    now: number;
    name: string;
  },
): Promise<ForeignReport> {
  const copy = join(temp, demands.name);
  try {
    const { digest } = await openedCopy(path, copy, 0o600);
    const statement = await verifiedStatement(
      await readBounded(`${path}.sigstore.json`, BUNDLE_LIMIT),
      demands.signers,
    );
    if (statement.predicateType !== SCAN_REPORT) throw new BundleError('its statement is of another type');
    if (!statement.subjects.has(digest)) throw new BundleError('its statement is about another file');
    const said = predicateSchema.safeParse(statement.predicate);
    if (!said.success) throw new BundleError('its statement does not say with which database it was made');
    const { database, scanners } = said.data;
    const missing = demands.scanners.filter((each) => !scanners.includes(each));
    if (missing.length > 0)
      throw new BundleError(
        `its statement does not say that ${missing.join(' and ')} were looked for, as the class asks`,
      );
    const report = await readReport(copy);
    if (COMPROMISED.includes(report.scannerVersion))
      throw new BundleError(`it was made with Trivy ${report.scannerVersion}, which carried code of somebody else`);
    refuseAge('The report', report.createdAt, demands.maxAgeMs, demands.now);
    refuseAge('The database it was made with', database.updatedAt, demands.databaseMaxAgeMs, demands.now);
    return { report, digest, database, path: copy };
  } catch (cause) {
    if (!(cause instanceof BundleError || cause instanceof FileError || cause instanceof CopyError)) throw cause;
    throw new ForeignReportError(`The report may not be used: ${cause.message}.`, { cause });
  }
}

function refuseAge(what: string, at: string, maxAgeMs: number, now: number): void {
  let made: number;
  try {
    made = millisOf(parseInstant(at));
  } catch (cause) {
    throw new ReportError(`${what} does not say when it was made.`, { cause });
  }
  if (isFromTheFuture(made, now)) throw new ForeignReportError(`${what} claims to be of a time that has not come yet.`);
  if (now - made > maxAgeMs) throw new ForeignReportError(`${what} is of ${at}, older than the policy allows.`);
}
