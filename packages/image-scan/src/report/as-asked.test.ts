import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { asAsked } from './as-asked.ts';
import { readReport } from './read-report.ts';

const report = await readReport(join(import.meta.dirname, '../../fixtures/reports/candidate.json'));
const counts = (scanners: Parameters<typeof asAsked>[1]) => {
  const { vulnerabilities, secrets, misconfigurations } = asAsked(report, scanners);
  return [vulnerabilities.length, secrets.length, misconfigurations.length];
};

describe('what a class asks for', () => {
  it('is judged, and nothing else', () => {
    expect(counts(['vulnerabilities'])).toEqual([3, 0, 0]);
    expect(counts(['secrets'])).toEqual([0, 1, 0]);
    expect(counts(['configuration'])).toEqual([0, 0, 1]);
    expect(counts(['vulnerabilities', 'secrets', 'configuration'])).toEqual([3, 1, 1]);
  });

  it.each([
    ['', true],
    ['root', true],
    ['0', true],
    ['0:101', true],
    ['root:odoo', true],
    ['odoo', false],
    ['101:0', false],
    ['rootless', false],
  ])('an image of the user "%s" runs as root: %s', (user, expected) => {
    const { misconfigurations } = asAsked({ ...report, user }, ['configuration']);
    expect(misconfigurations.some(({ id }) => id === 'runs-as-root')).toBe(expected);
  });

  it('is told once where the scanner has told that it runs as root', () => {
    const told = { id: 'DS-0002', title: '', severity: 'HIGH' as const, message: '' };
    const { misconfigurations } = asAsked({ ...report, user: '', misconfigurations: [told] }, ['configuration']);
    expect(misconfigurations).toEqual([told]);
  });
});
