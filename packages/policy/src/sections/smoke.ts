import type { ReleaseClass } from '@tillgate/release';
import * as z from 'zod';

interface ClassDefaults {
  repeats: number;
}

const STANDARD: ClassDefaults = { repeats: 1 };
/** Five times is the fewest that can be compared with a baseline. */
const HIGH_RISK: ClassDefaults = { repeats: 5 };

const demandsWith = ({ repeats }: ClassDefaults) =>
  z.strictObject({
    flows: z
      .array(z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'must be the name of a flow, like sale-to-payment'))
      .max(100)
      .default([])
      .describe('Flows that must be run in every shop. Nothing named: what the installed modules allow.'),
    repeats: z
      .int()
      .min(1)
      .max(50)
      .default(repeats)
      .describe('How often each flow is run at least. Times are compared from 5 on.'),
    maxLatencyRatio: z
      .number()
      .min(1.1)
      .max(1_000)
      .default(2)
      .describe('A step fails if it takes longer than in the baseline by more than this factor, beyond chance.'),
    baseline: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe('Whether times must have been compared with a baseline.'),
  });

/** What the policy asks of smoke flows, by class. */
export const smokeSection = z
  .strictObject({
    classes: z
      .strictObject({
        routine: demandsWith(STANDARD).prefault({}),
        standard: demandsWith(STANDARD).prefault({}),
        'high-risk': demandsWith(HIGH_RISK).prefault({}),
        emergency: demandsWith(STANDARD).prefault({}),
      } satisfies Record<ReleaseClass, unknown>)
      .prefault({}),
  })
  .prefault({});

export type SmokePolicy = z.output<typeof smokeSection>;
export type SmokeDemands = SmokePolicy['classes'][ReleaseClass];
