import type { Finding } from './finding.ts';
import { type Instant, millisOf } from './instant.ts';
import type { Coverage } from './verdict.ts';
import type { Outcome } from './words.ts';

/**
 * The only place where an outcome is made. The root action calls it again over every document, so an
 * outcome that a gate did not earn does not survive.
 *
 * A definite failure outranks what is unknown: both block, and the failure can be acted on. An acceptance
 * counts only until it expires. Nothing judged (`expected` 0) is inconclusive.
 *
 * @param at the moment for which acceptances must still be in force
 */
export function conclude(findings: readonly Finding[], coverage: Coverage, at: Instant): Outcome {
  const now = millisOf(at);
  const counting = findings.filter(({ accepted }) => !accepted || millisOf(accepted.expires) <= now);
  if (counting.some(({ severity }) => severity === 'fail')) return 'fail';
  if (coverage.expected < 1 || coverage.missing.length > 0) return 'inconclusive';
  if (counting.some(({ severity }) => severity === 'unknown')) return 'inconclusive';
  if (counting.some(({ severity }) => severity === 'warn')) return 'warn';
  return 'pass';
}
