import { digestOfValue, type Finding, type Rule, type RuleId, type Verdict } from '@tillgate/release';
import { scanRules } from '../rules/index.ts';
import type { ScanSeen } from '../seen.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';
const LEVELS = { fail: 'error', warn: 'warning', note: 'note', unknown: 'none' } as const;

/**
 * The verdict as SARIF 2.1.0, with exactly its findings: no more, no less, and no other severity. What is
 * accepted is a suppressed result, so that a reader sees it and a counter does not count it. What could not
 * be known is a result of kind `open`.
 *
 * @param artifact name of the image without registry host
 */
export function sarifOf(verdict: Verdict<'image-scan-gate'>, seen: ScanSeen, artifact: string): object {
  const known = new Map(scanRules.map((rule) => [rule.id, rule]));
  const used = [...new Set(verdict.findings.map(({ rule }) => rule))];
  const states = new Map(seen.vulnerabilities.map((one) => [`${one.platform} ${one.vulnerability.key}`, one.state]));
  const [only] = seen.platforms;
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'tillgate image-scan-gate',
            version: verdict.producer.version,
            rules: used.map((id) => descriptor(id, known.get(id))),
          },
        },
        invocations: [{ executionSuccessful: verdict.outcome !== 'inconclusive', endTimeUtc: verdict.observedAt }],
        artifacts: [{ location: { uri: uriOf(artifact) }, hashes: { 'sha-256': seen.image.slice('sha256:'.length) } }],
        results: verdict.findings.map((finding) => {
          const state = states.get(`${finding.unit ?? only?.platform} ${finding.key}`);
          return { ...result(finding, used.indexOf(finding.rule), artifact), ...(state && { baselineState: state }) };
        }),
        properties: {
          outcome: verdict.outcome,
          release: verdict.subject.release,
          class: verdict.basis.class,
          policy: verdict.basis.policy,
        },
      },
    ],
  };
}

function descriptor(id: RuleId, rule: Rule<ScanSeen> | undefined) {
  if (!rule) return { id };
  return {
    id,
    shortDescription: { text: rule.meaning },
    fullDescription: { text: rule.why },
    help: { text: rule.remedy },
  };
}

function result(finding: Finding, ruleIndex: number, artifact: string) {
  const { rule, key, unit, severity, message, place, remedy, accepted } = finding;
  return {
    ruleId: rule,
    ruleIndex,
    kind: severity === 'unknown' ? 'open' : 'fail',
    level: LEVELS[severity],
    message: { text: `${message} ${remedy}` },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(artifact), index: 0 } },
        logicalLocations: [{ name: key, ...(place !== undefined && { fullyQualifiedName: place }), kind: 'package' }],
      },
    ],
    partialFingerprints: { 'tillgate/v1': digestOfValue([rule, key, unit ?? '']).slice('sha256:'.length) },
    ...(accepted && {
      suppressions: [
        {
          kind: 'external',
          status: 'accepted',
          justification: `${accepted.by} ${accepted.id} (${accepted.digest}), until ${accepted.expires}`,
        },
      ],
    }),
  };
}

function uriOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
