import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bed } from './bed/bed.ts';
import { until } from './until.ts';

/**
 * Waits until a process of a bed answers. Whether it still runs is asked after every second in vain.
 *
 * @throws Error with the end of its log where it has ended instead, or does not answer within two minutes
 */
export async function answering(bed: Bed, name: string, answers: () => Promise<boolean>): Promise<void> {
  let ended: string | undefined;
  let asked = Date.now();
  await until(`${name} answers`, async () => {
    const answered = await answers().catch(() => false);
    if (answered || Date.now() - asked < 1000) return answered;
    asked = Date.now();
    const { processes } = await bed.status();
    const state = processes.find((each) => each.name === name);
    if (state?.ended === undefined) return false;
    ended = `${name} ended (${state.ended}) instead of answering.`;
    return true;
  }).catch((cause: Error) => {
    ended = cause.message;
  });
  if (ended === undefined) return;
  const log = await readFile(join(bed.folder, 'logs', `${name}.log`), 'utf8');
  throw new Error(`${ended} Its log ends with: ${log.trim().slice(-1500)}`);
}
