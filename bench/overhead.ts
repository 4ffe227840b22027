import { join } from 'node:path';
import { rehearse, SCENARIOS } from '@tillgate/testbed/rehearse';
import { type Benchmark, median } from './benchmark.ts';

const ROUNDS = 5;
const MOST_MILLIS = 2_000;
const MOST_WHOLE_MILLIS = 15_000;
const root = join(import.meta.dirname, '..');

/**
 * What governance itself adds to a release: the time of all steps of our actions in a rehearsed release,
 * less what the real Trivy takes for the same two scans by itself; and how long a whole rehearsal takes.
 */
const overhead: Benchmark = {
  name: 'overhead',
  about: `what governance adds to a rehearsed release, median of ${ROUNDS}`,
  async run(say) {
    const scenario = SCENARIOS.release;
    if (!scenario) throw new Error('There is no scenario "release".');
    const rounds: { own: number; trivy: number; whole: number }[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const began = performance.now();
      const { run, times } = await rehearse({
        root,
        scenario,
        into: join(root, '.rehearsal', 'overhead'),
        say: () => {},
        measureTrivy: true,
      });
      const whole = performance.now() - began - times.trivy;
      if (run.exitCode !== 0) throw new Error('The release did not go; there is nothing to measure.');
      const steps = run.steps
        .filter(({ step }) => !/^(Keep|Fetch|Set up|Complete)/.test(step))
        .reduce((sum, { millis }) => sum + millis, 0);
      if (round > 0) rounds.push({ own: steps - times.trivy, trivy: times.trivy, whole });
      say(
        `round ${round}: steps ${Math.round(steps)} ms, Trivy alone ${Math.round(times.trivy)} ms, whole ${Math.round(whole)} ms`,
      );
    }
    const of = (part: 'own' | 'trivy' | 'whole') => Math.round(median(rounds.map((one) => one[part])));
    return {
      table: [
        ['part', 'median ms'],
        ['governance', of('own')],
        ['Trivy, the same scans alone', of('trivy')],
        ['whole rehearsal', of('whole')],
      ],
      figures: { governance_ms: of('own'), trivy_ms: of('trivy'), rehearsal_ms: of('whole') },
      bounds: { governance_ms: `<= ${MOST_MILLIS}`, rehearsal_ms: `<= ${MOST_WHOLE_MILLIS}` },
      holds: of('own') <= MOST_MILLIS && of('whole') <= MOST_WHOLE_MILLIS,
    };
  },
};

export default overhead;
