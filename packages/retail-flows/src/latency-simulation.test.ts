import { describe, expect, it } from '@jest/globals';
import { chanceOfSlower, compareTimes } from './latency.ts';

const STEPS = 60;
const REPEATS = 5;
const RUNS = 1_000;
const RATIO = 2;

/** Mulberry32: small, seeded, good enough for noise. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller's normal deviate. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

interface Noise {
  /** Standard deviation of the logarithm. */
  spread: number;
  /** Share of times that are ten times as long: garbage collections, cold caches, a neighbour on the machine. */
  outliers: number;
  /** By how much the whole machine is slower in the later run. */
  drift: number;
}

/** Medians from 30 ms to 3 s, as steps of a shop have. */
const typical = (step: number): number => 30 * 100 ** (step / STEPS);

function measured(random: () => number, { spread, outliers }: Noise, factor: number, repeats = REPEATS) {
  const one = (step: number) =>
    typical(step) * factor * Math.exp(spread * normal(random)) * (random() < outliers ? 10 : 1);
  return Object.fromEntries(
    Array.from({ length: STEPS }, (_, step) => [String(step), Array.from({ length: repeats }, () => one(step))]),
  );
}

/** The share of runs in which at least one step is called slower although the release changed nothing. */
function falseAlarms(noise: Noise): number {
  const random = randomFrom(7);
  let alarms = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const compared = compareTimes(measured(random, noise, 1), measured(random, noise, noise.drift), RATIO);
    if (compared.some(({ judgement }) => judgement === 'slower')) alarms += 1;
  }
  return alarms / RUNS;
}

describe('runs in which nothing became slower', () => {
  it.each<[string, Noise]>([
    ['a calm machine', { spread: 0.1, outliers: 0, drift: 1 }],
    ['a machine with neighbours', { spread: 0.3, outliers: 0.05, drift: 1 }],
    ['every fifth time an outlier', { spread: 0.3, outliers: 0.2, drift: 1 }],
    ['a machine that is slower by a third on that day', { spread: 0.2, outliers: 0.05, drift: 1.33 }],
  ])('cry wolf in less than one of a hundred: %s', (_, noise) => {
    expect(falseAlarms(noise)).toBeLessThan(0.01);
  });

  it('would cry wolf in every third if any change counted that chance alone does not explain', () => {
    const random = randomFrom(7);
    const noise = { spread: 0.3, outliers: 0.05, drift: 1 };
    let alarms = 0;
    for (let run = 0; run < 300; run += 1) {
      const [before, now] = [measured(random, noise, 1), measured(random, noise, 1)];
      if (Object.keys(before).some((step) => chanceOfSlower(before[step] ?? [], now[step] ?? []) <= 0.01)) alarms += 1;
    }
    expect(alarms / 300).toBeGreaterThan(1 / 3);
  });
});

describe('a step that takes four times as long', () => {
  it.each<[string, number, Noise, number]>([
    ['always on a calm machine, with 5 repeats', 5, { spread: 0.1, outliers: 0, drift: 1 }, 0.999],
    ['in every second run with neighbours, with 5 repeats', 5, { spread: 0.3, outliers: 0.05, drift: 1 }, 0.45],
    ['in four of five runs with neighbours, with 10 repeats', 10, { spread: 0.3, outliers: 0.05, drift: 1 }, 0.8],
  ])('is found %s', (_, repeats, noise, share) => {
    const random = randomFrom(11);
    const step = String(STEPS >> 1);
    let found = 0;
    for (let run = 0; run < 400; run += 1) {
      const before = measured(random, noise, 1, repeats)[step] ?? [];
      const now = measured(random, noise, 4, repeats)[step] ?? [];
      if (compareTimes({ step: before }, { step: now }, RATIO)[0]?.judgement === 'slower') found += 1;
    }
    expect(found / 400).toBeGreaterThan(share);
  });
});
