import { SCAN_SEVERITIES, type ScanSeverity } from '@tillgate/policy';
import { isSha256 } from '@tillgate/release';
import { platformName } from '../image/platform-name.ts';
import { packageReader } from './package-url.ts';
import {
  type FoundSecret,
  type Misconfiguration,
  type ScanReport,
  sortedUnique,
  type Vulnerability,
} from './report.ts';
import { selectJson } from './select-json.ts';
import type { Kept, Shape } from './selection.ts';

/** Raised when a report cannot be judged; the message says why. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/** The largest report that is read, in bytes. */
const REPORT_LIMIT = 1024 * 1024 * 1024;
/** Texts are cut to so many characters: none that is longer says more. */
const LONGEST = 500;

const VULNERABILITY: Shape = {
  members: {
    VulnerabilityID: 'scalar',
    PkgName: 'scalar',
    PkgPath: 'scalar',
    PkgIdentifier: { members: { PURL: 'scalar' } },
    InstalledVersion: 'scalar',
    FixedVersion: 'scalar',
    Severity: 'scalar',
    Title: 'scalar',
    PublishedDate: 'scalar',
  },
};

/**
 * Reads a Trivy report (schema 2) of any size, piece by piece.
 *
 * @throws JsonDocumentError when the file is no complete JSON, ReportError when it is no report of schema 2
 */
export async function readReport(path: string): Promise<ScanReport> {
  const pool = textPool();
  const packageFor = packageReader();
  const vulnerabilities: Vulnerability[] = [];
  const secrets: FoundSecret[] = [];
  const misconfigurations: Misconfiguration[] = [];
  let packages = 0;
  let suppressed = 0;

  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? pool(value.slice(0, LONGEST)) : '');
  const takeVulnerability = (found: unknown, holder: Kept) => {
    const one = kept(found);
    const id = text(one.VulnerabilityID);
    const packageName = text(one.PkgName);
    if (id === '' || packageName === '') {
      throw new ReportError('The report has a vulnerability without an id or a package: it is not a whole report.');
    }
    const raw = kept(one.PkgIdentifier).PURL;
    const purl = typeof raw === 'string' ? packageFor(raw) : undefined;
    const kind = classOf(holder);
    vulnerabilities.push({
      key: `${kind} ${purl ?? packageName} ${id}`,
      id,
      purl: purl ?? '',
      packageName,
      installed: text(one.InstalledVersion),
      fixed: text(one.FixedVersion),
      severity: severityOf(one.Severity),
      title: text(one.Title),
      path: text(one.PkgPath) || (kind === 'lang-pkgs' ? text(holder.Target) : ''),
      published: text(one.PublishedDate),
    });
  };
  const takeSecret = (found: unknown, holder: Kept) => {
    const { RuleID, Title, Severity, StartLine } = kept(found);
    const place = `${text(holder.Target)}${typeof StartLine === 'number' ? `:${StartLine}` : ''}`;
    secrets.push({ rule: text(RuleID), title: text(Title), severity: severityOf(Severity), place });
  };
  const takeMisconfiguration = (found: unknown) => {
    const { ID, Title, Severity, Status, Message } = kept(found);
    if (Status !== 'FAIL') return;
    misconfigurations.push({
      id: text(ID),
      title: text(Title),
      severity: severityOf(Severity),
      message: text(Message),
    });
  };

  const whole = await selectJson(
    path,
    {
      members: {
        SchemaVersion: 'scalar',
        Trivy: { members: { Version: 'scalar' } },
        CreatedAt: 'scalar',
        ArtifactName: 'scalar',
        ArtifactType: 'scalar',
        Metadata: {
          members: {
            OS: { members: { Family: 'scalar', Name: 'scalar', EOSL: 'scalar' } },
            ImageID: 'scalar',
            ImageConfig: {
              members: {
                architecture: 'scalar',
                os: 'scalar',
                variant: 'scalar',
                config: { members: { Labels: 'tree', User: 'scalar' } },
              },
            },
          },
        },
        Results: {
          each: {
            members: {
              Target: 'scalar',
              Class: 'scalar',
              Packages: {
                each: { members: {} },
                take: () => {
                  packages += 1;
                },
              },
              Vulnerabilities: { each: VULNERABILITY, take: takeVulnerability },
              Secrets: {
                each: { members: { RuleID: 'scalar', Title: 'scalar', Severity: 'scalar', StartLine: 'scalar' } },
                take: takeSecret,
              },
              Misconfigurations: {
                each: {
                  members: { ID: 'scalar', Title: 'scalar', Severity: 'scalar', Status: 'scalar', Message: 'scalar' },
                },
                take: takeMisconfiguration,
              },
              ExperimentalModifiedFindings: {
                each: { members: {} },
                take: () => {
                  suppressed += 1;
                },
              },
            },
          },
          take: () => {},
        },
      },
    },
    REPORT_LIMIT,
  );

  const report = kept(whole);
  if (report.SchemaVersion !== 2) {
    throw new ReportError(
      `The report is of schema ${JSON.stringify(report.SchemaVersion) ?? 'unknown'}; schema 2 is read. Make it with \`trivy image --format json\` of a current Trivy.`,
    );
  }
  if (report.ArtifactType !== 'container_image') {
    throw new ReportError(
      `The report is about ${JSON.stringify(text(report.ArtifactType))}, not about a container image.`,
    );
  }
  const metadata = kept(report.Metadata);
  if (!isSha256(metadata.ImageID)) {
    throw new ReportError('The report does not say which image it is about (Metadata.ImageID).');
  }
  const config = kept(metadata.ImageConfig);
  const os = kept(metadata.OS);
  const family = text(os.Family);
  return {
    scannerVersion: text(kept(report.Trivy).Version),
    createdAt: text(report.CreatedAt),
    imageId: metadata.ImageID,
    platform: platformName(text(config.os), text(config.architecture), text(config.variant)),
    labels: labelsIn(kept(config.config).Labels),
    user: text(kept(config.config).User),
    ...(family !== '' && family !== 'none' && { os: { family, name: text(os.Name), endOfLife: os.EOSL === true } }),
    packages,
    suppressed,
    vulnerabilities: sortedUnique(vulnerabilities),
    secrets: secrets.map((secret) => ({ ...secret, place: placeIn(secret.place, text(report.ArtifactName)) })),
    misconfigurations,
  };
}

/**
 * What the scanner finds in the image's configuration it places in the image's own name, which is another one on
 * every run and may hold the registry's host.
 */
function placeIn(place: string, artifact: string): string {
  if (artifact === '' || !place.startsWith(artifact)) return place;
  return place.replace(artifact, 'the configuration of the image').replace(/:(\d+)$/, ', line $1');
}

function classOf(holder: Kept): string {
  if (typeof holder.Class !== 'string' || holder.Class === '') {
    throw new ReportError('The report lists vulnerabilities before it says of which class they are: it was rewritten.');
  }
  return holder.Class;
}

function severityOf(value: unknown): ScanSeverity {
  return SCAN_SEVERITIES.find((known) => known === value) ?? 'UNKNOWN';
}

function labelsIn(value: unknown): Record<string, string> {
  const entries = Object.entries(kept(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries.slice(0, 1_000));
}

function kept(value: unknown): Kept {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Kept) : {};
}

/** Texts that are remembered; names and versions that come again and again come early. */
const POOLED = 20_000;

/**
 * Keeps texts as copies, and the frequent ones once: a text that was cut out of a chunk of the file would
 * hold the whole chunk in memory.
 */
function textPool(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const there = known.get(text);
    if (there !== undefined) return there;
    const copy = Buffer.from(text, 'utf8').toString('utf8');
    if (known.size < POOLED) known.set(copy, copy);
    return copy;
  };
}
