import type { Facts, Verdict } from '@tillgate/release';
import { type Objection, objection } from './objection.ts';

/**
 * Whether the scan was compared with what production was seen to run. The digests reach the scan through an
 * input; with those of an image that never ran there, every hole of that image would pass as an old one.
 */
export function baselineObjections(verdicts: readonly Verdict[]): Objection[] {
  const factsOf = <G extends keyof Facts>(gate: G) =>
    verdicts.find((verdict) => verdict.gate === gate)?.facts as Partial<Facts[G]> | null | undefined;
  const compared = factsOf('image-scan-gate')?.baseline ?? [];
  const running = factsOf('observe-production')?.running ?? [];
  const strangers = compared.filter((digest) => !running.includes(digest));
  if (strangers.length === 0) return [];
  return [
    objection(
      'mismatch',
      'image-scan-gate',
      `image-scan-gate compared the image with ${strangers.map((digest) => digest.slice(0, 19)).join('…, ')}…, which production was not seen to run.`,
      'Give the gate the output `running` of observe-production as `baseline-digests`, unchanged, in the same run.',
    ),
  ];
}
