export { type EffectivePolicy, effectivePolicy } from './effective.ts';
export { type LoadedPolicy, loadPlaced, loadPolicy, loadStrict, type Placed, PolicyError } from './load.ts';
export { PRESETS } from './presets.ts';
export { POLICY_LIMIT, type Position, YamlError } from './read-yaml.ts';
export { type ClassPolicy, type Emergency, type EnvironmentPolicy, type Policy, policySchema } from './schema.ts';
export { type AnalysisPolicy, analysisSection, type WatchedMetric } from './sections/analysis.ts';
export {
  type CalendarPolicy,
  type CalendarWindow,
  COMPUTED_EVENTS,
  CONFIGURED_EVENTS,
  calendarSection,
  type EventName,
  exceptionSchema,
  type FeedPolicy,
  FREEZE_LEVELS,
  type FreezeException,
  type FreezeLevel,
  type Tenant,
  type Timetable,
  WEEKDAYS,
  windowSchema,
} from './sections/calendar.ts';
export { type DeliveryPolicy, deliverySection } from './sections/delivery.ts';
export {
  type ImageScanPolicy,
  SCAN_SEVERITIES,
  type ScanDemands,
  type ScanSeverity,
  type Waiver,
} from './sections/image-scan.ts';
export { type SmokeDemands, type SmokePolicy, smokeSection } from './sections/smoke.ts';
