import { describe, expect, it } from '@jest/globals';
import type { Tick } from '../drive/drive.ts';
import { examplePlan } from '../example-plan.test-kit.ts';
import { driveOnce, sceneOf } from '../memory/run.test-kit.ts';
import { chartOf } from './chart.ts';
import { lineOf, progressOf } from './lines.ts';
import { Timeline } from './timeline.ts';

describe('what is told of a delivery', () => {
  it('says at every look where it stands, and what it waits for', async () => {
    const scene = sceneOf(examplePlan());
    const [ticks, timeline]: [Tick[], Timeline] = [[], new Timeline(scene.plan, scene.plan.release)];
    await driveOnce(scene, {
      onTick: (tick) => {
        ticks.push(tick);
        timeline.add(tick);
      },
    });
    const lines = ticks.map((tick) => progressOf(scene.plan, tick));
    expect(lines.find((line) => line.startsWith('prepare'))).toContain('the candidate is not there yet');
    const held = lines.find((line) => line.startsWith('10 %') && line.includes('waiting for analysis'));
    expect(held).toContain('share 10 %');
    expect(held).toContain('no requests of the candidate were seen');
    expect(lines.some((line) => line.startsWith('10 %') && line.includes('Not enough evidence to pass'))).toBe(true);
    expect(lines.at(-1)).toBe('');
    expect(ticks.flatMap(({ said }) => said.map(lineOf)).at(-1)).toBe('Ended: promoted.');
    const chart = chartOf(timeline.points);
    expect(chart).toContain('xychart-beta');
    expect(Math.max(...timeline.points.map(({ share }) => share))).toBe(50);
  });
});
