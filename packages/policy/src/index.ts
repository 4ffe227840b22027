export { type EffectivePolicy, effectivePolicy } from './effective.ts';
export { type LoadedPolicy, loadPolicy, PolicyError } from './load.ts';
export { PRESETS } from './presets.ts';
export { POLICY_LIMIT, YamlError } from './read-yaml.ts';
export { type ClassPolicy, type Emergency, type EnvironmentPolicy, type Policy, policySchema } from './schema.ts';
export {
  type ImageScanPolicy,
  SCAN_SEVERITIES,
  type ScanDemands,
  type ScanSeverity,
  type Waiver,
} from './sections/image-scan.ts';
