/**
 * The gate over two signed reports, in a process of its own so that its memory can be told:
 * `gate.process.ts <folder> <number of waivers>` with reports.json in the folder.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';
import { scanRules } from '@tillgate/image-scan';
import { observeScan, parseImageReference } from '@tillgate/image-scan/observe';
import { policySchema } from '@tillgate/policy';
import { conclude, instantOf, type Sha256 } from '@tillgate/release';
import type { ReportPair } from './make-reports.ts';

const [folder = '', waivers = '0'] = process.argv.slice(2);
const pair = JSON.parse(await readFile(join(folder, 'reports.json'), 'utf8')) as ReportPair;
const temp = await mkdtemp(join(folder, 'run-'));
const started = performance.now();
const now = Date.now();
const { imageScan: policy } = policySchema.parse({
  imageScan: {
    reports: { signers: [pair.publicKey] },
    waivers: Array.from({ length: Number(waivers) }, (_, index) => ({
      id: `w-${index}`,
      vulnerability: `CVE-2024-${100_000 + index * 50}`,
      package: `pkg:deb/debian/lib${(index * 50) % 900}`,
      environment: 'production',
      reason: 'Not reachable from outside.',
      owner: 'one',
      approvedBy: 'another',
      expires: instantOf(now + 86_400_000),
    })),
  },
});
const observation = await observeScan(
  {
    image: parseImageReference(`docker-archive:shop.tar@${pair.candidate.image}`),
    commit: '0'.repeat(40),
    environment: 'production',
    emergency: false,
    policy,
    policyFile: 'release-policy.yml',
    demands: policy.classes.standard,
    baseline: [pair.baseline.image as Sha256],
    platforms: [],
    reportFiles: [pair.candidate.file],
    baselineReportFiles: [pair.baseline.file],
    vexFiles: [],
    bundleFiles: [],
  },
  {
    programs: systemPrograms(silentLog),
    log: silentLog,
    now,
    signal: new AbortController().signal,
    temp,
    environment: {},
  },
);
const findings = scanRules.flatMap((rule) => rule.judge(observation.seen, undefined as never));
const outcome = conclude(findings, observation.coverage, instantOf(now));
const millis = performance.now() - started;
await rm(temp, { recursive: true });
console.log(
  JSON.stringify({
    millis,
    megabytes: process.resourceUsage().maxRSS / 1024,
    fresh: observation.seen.vulnerabilities.filter(({ state }) => state === 'new').length,
    accepted: observation.seen.vulnerabilities.filter(({ accepted }) => accepted).length,
    troubles: observation.seen.troubles.map(({ message }) => message),
    outcome,
  }),
);
