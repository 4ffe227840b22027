import { describe, expect, it } from '@jest/globals';
import { digestOfAll, exampleInput, examplePlan, exampleRollback, NEW, OLD } from './example-plan.test-kit.ts';
import type { Plan } from './plan.ts';
import { readPlan } from './schema/plan.ts';
import { compileCanary } from './strategies/canary.ts';

const goals = ({ waves }: Plan) =>
  waves
    .flat()
    .flatMap(({ steps }) =>
      steps.map(({ name, goal }) => [
        name,
        goal.stable === OLD ? 'old' : 'new',
        goal.candidate === null ? 'none' : 'new',
        goal.candidateShare,
      ]),
    );

describe('a canary as a plan', () => {
  it('is a row of goals, from the old version alone to the new one alone', () => {
    expect(goals(examplePlan())).toEqual([
      ['prepare', 'old', 'new', 0],
      ['10 %', 'old', 'new', 1_000],
      ['50 %', 'old', 'new', 5_000],
      ['promote', 'new', 'new', 5_000],
      ['settle', 'new', 'none', 0],
      ['watch', 'new', 'none', 0],
    ]);
  });

  it('has each step forward wait for permits, until everybody has the new version', () => {
    const waits = examplePlan()
      .waves.flat()
      .flatMap(({ steps }) => steps.map(({ name, leaveWhen }) => [name, leaveWhen.some(({ by }) => by === 'permits')]));
    expect(waits).toEqual([
      ['prepare', true],
      ['10 %', true],
      ['50 %', true],
      ['promote', false],
      ['settle', false],
      ['watch', false],
    ]);
  });

  it('goes back to what ran before until it has settled, and stays from then on', () => {
    const plan = examplePlan();
    expect(plan.waves.flat()[0]?.steps.map(({ safe }) => safe)).toEqual([
      'stable',
      'stable',
      'stable',
      'stable',
      'new',
      'new',
    ]);
    expect(plan.ways.stable.at(-1)?.goal).toMatchObject({ stable: OLD, candidate: null, candidateShare: 0 });
    expect(plan.ways.new?.at(-1)?.goal).toMatchObject({ stable: NEW, candidate: null, candidateShare: 0 });
  });

  it('shows the candidate to testers first, where there are some', () => {
    const { router } = exampleInput();
    const testers = { by: 'header', name: 'X-Tester', value: 'yes' } as const;
    const steps = examplePlan({ router: { ...router, testers }, testersMs: 60_000 }).waves.flat()[0]?.steps ?? [];
    expect(steps[0]).toMatchObject({ name: 'prepare', goal: { route: 'preview', candidateShare: 0 } });
    expect(steps[0]?.leaveWhen).toContainEqual({ by: 'time', ms: 60_000 });
    expect(steps.slice(-3).map(({ goal }) => goal.route)).toEqual(['preview', 'open', 'open']);
  });

  it('holds everybody against the limits after promotion, by the series of the service that all are served by', () => {
    const after = examplePlan().watching?.after;
    expect(after?.analysis.metrics).toEqual([
      { name: 'errors', unit: 'requests', bad: 'failed', phi: 1, test: { by: 'limit', share: 0.02 } },
    ]);
    expect(after?.readings[0]?.arm).toEqual({ label: 'service', candidate: 'odoo', stable: 'odoo-candidate' });
  });

  it('is not done watching while nothing can be read, where there is anything to read', () => {
    const lastOf = ({ waves }: Plan) => waves.flat()[0]?.steps.at(-1);
    expect(lastOf(examplePlan())?.leaveWhen).toContainEqual({ by: 'read' });
    const { watching } = exampleInput();
    const metrics = watching.analysis.metrics.map(({ pass: _, ...metric }) => metric);
    const none = examplePlan({ watching: { ...watching, analysis: { ...watching.analysis, metrics } } });
    expect(lastOf(none)).toMatchObject({
      watched: null,
      leaveWhen: [{ by: 'reached' }, { by: 'time' }, { by: 'floor' }],
    });
  });

  it('lasts as long as its steps may, where no deadline is set', () => {
    // prepare 5 + 10, shares 20 + 20, promote 10, settle 10, watch 5 + 10 minutes
    expect(examplePlan().deadlineMs).toBe(90 * 60_000);
    expect(examplePlan({ deadlineMs: 5 }).deadlineMs).toBe(5);
  });

  it.each([
    ['the same version twice', { to: OLD }, 'nothing to deliver'],
    ['a share of all', { shares: [{ ...share(), share: 10_000 }] }, 'what promotion does'],
    ['two steps of one share', { shares: [share(), share()] }, 'Two steps of a lane have the same name'],
    ['a step that could never be left', { shares: [{ ...share(), maxMs: 60_000 }] }, 'could never be left'],
    ['an image that nobody can find', { images: {} }, 'does not say where'],
  ])('refuses %s', (_, changes, why) => {
    expect(() => compileCanary(exampleInput(changes))).toThrow(why);
  });
});

describe('a plan out of a record', () => {
  const plans = { canary: examplePlan(), rollback: exampleRollback() };

  it.each(Object.entries(plans))('is read as it was written: %s', (_, plan) => {
    expect(readPlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it.each<[string, string, unknown, string]>([
    ['a member that nobody knows', 'force', true, 'force'],
    ['a later schema', 'schema', 'https://tillgate.dev/delivery-plan/v2', 'delivery-plan/v2'],
    ['a third version', 'waves.0.0.steps.1.goal.candidate', digestOfAll('f'), 'neither from nor to'],
    ['a way back to elsewhere', 'ways.stable.0.goal.stable', NEW, 'The way back must end'],
    ['a share without permits', 'waves.0.0.steps.0.leaveWhen', [{ by: 'reached' }], 'asks for no permits'],
    ['an image by tag', `images.${NEW}`, 'odoo:17', 'reference by this very digest'],
    ['a safe state without a way', 'waves.0.0.steps.0.safe', 'maintenance', 'no way to its safe'],
    ['a way back on evidence', 'ways.stable.0.leaveWhen', [{ by: 'reached' }, { by: 'permits' }], 'nothing but'],
    ['half a share', 'waves.0.0.steps.1.goal.candidateShare', 0.5, 'candidateShare'],
    ['a reading of nothing', 'waves.0.0.steps.5.watched', null, 'has nothing to watch'],
    ['a namespace that is a path', 'workload.namespace', '../kube-system', 'workload.namespace'],
  ])('is refused with %s', (_, path, value, why) => {
    const changed = JSON.parse(JSON.stringify(plans.canary));
    const names = path.split('.');
    const last = names.pop() as string;
    names.reduce((part, name) => part[name], changed)[last] = value;
    expect(() => readPlan(changed)).toThrow(why);
  });

  it.each([[null], ['text'], [[]], [{}]])('is refused where it is no plan at all: %j', (value) => {
    expect(() => readPlan(value)).toThrow('no delivery plan that is known here');
  });
});

function share() {
  return { share: 500, forMs: 60_000, maxMs: 600_000, analysis: true, sessions: null };
}
