import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';
import { analysisOf } from './index.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/analysis.md'), 'utf8');

it('the settings on the page about analysis are settings that work', () => {
  const yaml = /```yaml\n(analysis:[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { analysis } = loadPolicy(Buffer.from(yaml)).policy;
  const { plan, readings } = analysisOf(analysis, { candidate: 'v2', stable: 'v1' });
  expect(plan.metrics.map(({ name }) => name)).toEqual(['errors', 'latency', 'orders', 'queue']);
  expect(readings).toHaveLength(5);
});
