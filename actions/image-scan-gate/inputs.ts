import { lines, list, path, text } from '@tillgate/action-kit';

export const inputs = {
  'baseline-digests': list({
    description:
      'Digests that production runs, separated by blanks: the output `running` of observe-production. Without any, every finding is new.',
    default: '',
  }),
  'trivy-path': path({
    description: 'Trivy on the runner, as a path or a name on PATH. Its sha256 must be one that the policy accepts.',
    optional: true,
  }),
  'db-path': path({
    description:
      "Trivy's database on the runner: a folder with trivy.db and metadata.json, which the policy must name by digest or by a key that signed them, or an OCI layout of the artifact, which may also be one that `db-repository` holds.",
    optional: true,
  }),
  'db-repository': text({
    description:
      'Registry repository of the database; one that the policy names. Without `db-path` the gate fetches the database from it.',
    optional: true,
  }),
  'report-file': lines({
    description:
      'Trivy reports (JSON) made elsewhere, one line a platform, each with `<file>.sigstore.json` signed by a key of the policy. Then nothing is scanned here.',
    default: '',
  }),
  'baseline-report-file': lines({
    description: 'The same for what production runs, made with the same database.',
    default: '',
  }),
  'kev-file': path({
    description: "CISA's catalogue of known exploited vulnerabilities, as JSON.",
    optional: true,
  }),
  'vex-files': lines({
    description: 'OpenVEX documents, one a line. Only those count that the policy believes.',
    default: '',
  }),
  'bundle-files': lines({
    description: 'Sigstore bundles or DSSE envelopes with the signature and the provenance of the image, one a line.',
    default: '',
  }),
  platforms: list({
    description:
      'Platforms that the image must have, like `linux/amd64 linux/arm64`. Every platform it has is judged anyway.',
    default: '',
  }),
  'sarif-file': path({ description: 'File to write the findings to as SARIF 2.1.0.', optional: true }),
  'sbom-file': path({ description: 'File to write a CycloneDX bill of materials to.', optional: true }),
};
