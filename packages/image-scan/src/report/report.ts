import type { ScanSeverity } from '@tillgate/policy';

/** One vulnerability in one package at one place of an image. */
export interface Vulnerability {
  /** What it is about, stable across rebuilds: class, package without version, vulnerability. */
  key: string;
  id: string;
  /** Package URL without version and qualifiers; empty where the scanner gave none that can be read. */
  purl: string;
  packageName: string;
  installed: string;
  /** Version that fixes it; empty where there is none. */
  fixed: string;
  severity: ScanSeverity;
  title: string;
  /** Where in the image; empty for packages of the operating system. */
  path: string;
  /** When it was published, as the report writes it; empty where it says nothing. */
  published: string;
}

/** A secret that lies in a file of the image. The secret itself is never kept. */
export interface FoundSecret {
  rule: string;
  title: string;
  severity: ScanSeverity;
  place: string;
}

/** Something that the image's configuration should not say. */
export interface Misconfiguration {
  id: string;
  title: string;
  severity: ScanSeverity;
  message: string;
}

/** What is kept of a scanner's report about one image for one platform. */
export interface ScanReport {
  scannerVersion: string;
  createdAt: string;
  /** Digest of the image's configuration, as the scanner computed it. */
  imageId: string;
  platform: string;
  labels: Readonly<Record<string, string>>;
  /** As whom the image runs where nobody says otherwise, as its configuration writes it; empty means root. */
  user: string;
  os?: { family: string; name: string; endOfLife: boolean };
  packages: number;
  /** Findings that the scanner itself was told to leave out. */
  suppressed: number;
  /** Sorted by key, then place, then version; without duplicates. */
  vulnerabilities: Vulnerability[];
  secrets: FoundSecret[];
  misconfigurations: Misconfiguration[];
}

/** Orders vulnerabilities so that those of one key stand together, the same from run to run. */
function byKey(a: Vulnerability, b: Vulnerability): number {
  return order(a.key, b.key) || order(a.path, b.path) || order(a.installed, b.installed);
}

/** Sorts and takes out what is there twice. */
export function sortedUnique(vulnerabilities: Vulnerability[]): Vulnerability[] {
  const sorted = vulnerabilities.sort(byKey);
  return sorted.filter((one, index) => index === 0 || byKey(one, sorted[index - 1] as Vulnerability) !== 0);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
