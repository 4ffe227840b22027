import { writeWhole } from '@tillgate/host';
import type { Benchmark } from './benchmark.ts';
import { compare } from './rivals/compare.ts';
import { QUICK, RIVALS } from './rivals/settings.ts';
import { watchRivals } from './rivals/watch.ts';

/** Argo Rollouts at its documented 5 min needs four measurements that failed: a quarter of an hour. */
const MINUTES = 17;
const QUICK_MINUTES = 4;

/** On demand only: it takes 20 minutes of real time. `--quick` looks more often and ends after 4; `--record=FILE` keeps what was seen. */
export default {
  name: 'rivals',
  about: 'the simulated rules of `detection` against the real Flagger and Argo Rollouts, by the counts that these had',
  async run(say, args) {
    const quick = args.includes('--quick');
    const file = args.find((arg) => arg.startsWith('--record='))?.slice('--record='.length);
    const recordings = await watchRivals(quick ? QUICK : RIVALS, quick ? QUICK_MINUTES : MINUTES, say);
    if (file) await writeWhole(file, recordings.map((each) => `${JSON.stringify(each)}\n`).join(''));
    return compare(recordings);
  },
} satisfies Benchmark;
