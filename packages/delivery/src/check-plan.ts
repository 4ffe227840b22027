import { checkPlan as checkAnalysis, PlanError } from '@tillgate/analysis';
import type { Goal, Plan, Step } from './plan.ts';

/** The strategies whose way back ends at what ran before; a rollback's ends where it goes. */
const homeOf = ({ strategy, from, to }: Plan) => (strategy === 'rollback' ? to : from);

/**
 * Checks what no schema can say of a plan: that its goals are of its own two versions, that it ends where it
 * says, and that there is a way to every safe state that it names.
 *
 * @throws PlanError
 */
export function checkPlan(plan: Plan): void {
  const { watching } = plan;
  must(plan.from !== plan.to, `From and to are both ${plan.to}: there is nothing to deliver.`);
  if (watching) {
    checkAnalysis(watching.beside.analysis);
    if (watching.after) checkAnalysis(watching.after.analysis);
  }
  const lanes = plan.waves.flat();
  must(lanes.length > 0, 'A plan without lanes delivers nothing.');
  must(new Set(lanes.map(({ id }) => id)).size === lanes.length, 'Two lanes have the same name.');
  for (const { steps } of lanes) {
    checkSteps(plan, steps);
    must(isAlone(lastGoal(steps), plan.to), `The last goal must be ${plan.to} alone, with no candidate beside it.`);
  }
  for (const steps of Object.values(plan.ways)) {
    checkSteps(plan, steps);
    for (const { name, leaveWhen } of steps) {
      const free = leaveWhen.every(({ by }) => by === 'reached' || by === 'time');
      must(free, `Step "${name}" leads to a safe state, so it may wait for nothing but its goal and time.`);
    }
  }
  must(isAlone(lastGoal(plan.ways.stable), homeOf(plan)), `The way back must end with ${homeOf(plan)} alone.`);
}

function checkSteps(plan: Plan, steps: readonly Step[]): void {
  must(steps.length > 0, 'A lane or way without steps leads nowhere.');
  must(new Set(steps.map(({ name }) => name)).size === steps.length, 'Two steps of a lane have the same name.');
  for (const [index, { name, goal, leaveWhen, maxMs, safe, watched }] of steps.entries()) {
    const here = (holds: boolean, why: string) => must(holds, `Step "${name}": ${why}`);
    for (const digest of [goal.stable, goal.candidate]) {
      here(digest === null || digest === plan.from || digest === plan.to, `${digest} is neither from nor to.`);
      here(digest === null || Object.hasOwn(plan.images, digest), `images does not say where ${digest} lies.`);
    }
    here(goal.candidate !== null || goal.candidateShare === 0, 'nothing runs beside stable that could have a share.');
    here(goal.candidateShare < 10_000, 'a candidate with all of the traffic is what promotion does.');
    here(
      leaveWhen.some(({ by }) => by === 'reached'),
      'it must be reached before it is left.',
    );
    const least = leaveWhen.reduce((most, proof) => (proof.by === 'time' ? Math.max(most, proof.ms) : most), 0);
    here(maxMs > least, `it may last ${maxMs} ms, but must last ${least} ms: it could never be left.`);
    here(safe === 'hold' || plan.ways[safe] !== undefined, `there is no way to its safe state, ${safe}.`);
    const evidence = watched && plan.watching?.[watched];
    here(watched === null || Boolean(evidence), 'it is watched, but the plan does not say by what.');
    const looks = leaveWhen.some(({ by }) => by === 'analysis' || by === 'read');
    here(watched !== null || !looks, 'its analysis has nothing to watch.');
    const before = steps[index - 1];
    const rises = before !== undefined && isRiskier(goal, before.goal);
    here(!rises || before.leaveWhen.some(({ by }) => by === 'permits'), 'the step before it asks for no permits.');
  }
}

/** Whether more people meet the new version by it. Promotion is decided with the last share, and settling follows from it. */
function isRiskier(goal: Goal, before: Goal): boolean {
  return goal.candidateShare > before.candidateShare || (goal.stable !== before.stable && goal.candidate !== null);
}

function lastGoal(steps: readonly Step[]): Goal {
  return (steps.at(-1) as Step).goal;
}

function isAlone({ stable, candidate, candidateShare, route }: Goal, digest: string): boolean {
  return stable === digest && candidate === null && candidateShare === 0 && route === 'open';
}

function must(holds: boolean, why: string): void {
  if (!holds) throw new PlanError(why);
}
