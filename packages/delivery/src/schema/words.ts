import { sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import type { Goal } from '../plan.ts';

/** Text of people and of foreign systems: kept short, shown escaped. */
export const text = z.string().max(8_192);

/** A duration or a moment, in ms. */
export const millis = z.number().min(0).max(8.64e15);

export const basisPoints = z.int().min(0).max(10_000);

/** Names of Kubernetes objects. */
export const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of an object');

/** Names of lanes: nothing that could be taken for a member of an object. */
export const laneId = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be the name of a lane');

export const safeState = z.enum(['stable', 'hold', 'new', 'maintenance']);

export const goalSchema = z.strictObject({
  stable: sha256Schema,
  candidate: sha256Schema.nullable(),
  candidateShare: basisPoints,
  route: z.enum(['open', 'preview', 'maintenance']),
  cron: z.enum(['stable', 'candidate', 'off']),
  data: z.literal('as-is'),
}) satisfies z.ZodType<Goal>;
