import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeWhole } from '@tillgate/host';

/** How requests are answered. */
export interface Answer {
  /** Share of requests answered with status 500, 0 to 1. */
  errors?: number;
  /** Share of JSON-RPC calls answered with status 200 and an `error` in the body, as Odoo does, 0 to 1. */
  rpcErrors?: number;
  /** Log-normal; sigma 0 is constant. 5 ms with sigma 0.4 unless told. */
  latency?: { medianMs: number; sigma?: number };
  /** For `lasts` every `every`, by the wall clock, these shares hold instead and latencies are multiplied. */
  bursts?: { every: string; lasts: string; errors?: number; rpcErrors?: number; slowdown?: number };
}

/** How a shop behaves. Durations are written as `1.5s`. */
export interface ShopBehaviour extends Answer {
  /** Time after the start in which the shop is not ready. */
  warmUp?: string;
  /** Time after that in which latencies fall from three times their value to it. */
  warming?: string;
  /** Memory that is taken and never given back. */
  memory?: { startMiB?: number; mibPerSecond?: number; bytesPerRequest?: number };
  /** It looks for no scheduled jobs, as a server that answers but whose scheduler is dead. */
  jobless?: boolean;
  /** The first rule that fits tenant (first label of the host name) and endpoint (a glob of one path) speaks. */
  rules?: readonly (Answer & { tenant?: string; endpoint?: string })[];
}

/**
 * Tells all shops of one image in a bed how to behave, those that run and those to come. They follow
 * within 0.2 s.
 */
export async function behave(bed: { folder: string }, image: string, behaviour: ShopBehaviour): Promise<void> {
  await writeWhole(behaviourFile(bed.folder, image), JSON.stringify(behaviour));
}

/** The file that holds how the shops of one image behave. */
export function behaviourFile(bedFolder: string, image: string): string {
  return join(bedFolder, 'shops', `${createHash('sha256').update(image).digest('hex').slice(0, 16)}.json`);
}
