import { loadPlaced, type Placed } from '@tillgate/policy';
import { type Aftermath, type CallArguments, type Comparable, defineFlow, type Flow, type Visit } from '../flow.ts';
import { money } from '../money.ts';
import { create, newPartner, newProduct, readOne } from '../steps/catalogue.ts';
import { count } from '../steps/stock.ts';
import { Unexpected } from '../visit.ts';
import { type DeclaredFlow, type DeclaredStep, DOINGS, flowsFileSchema } from './declared-schema.ts';
import { filled, type Json } from './references.ts';

type Phase = 'prepare' | 'steps' | 'cleanUp';
/** What steps can refer to: the mark, and what earlier steps have given. */
type Known = Map<string, unknown>;

/**
 * Flows that are declared in YAML, made of the same building blocks as all others.
 *
 * @param name how the file is called in messages
 * @throws YamlError, PolicyError with line and column of every fault
 */
export function declaredFlows(bytes: Uint8Array, name: string): Flow[] {
  const file = loadPlaced(flowsFileSchema, bytes, name);
  return Object.entries(file.value.flows).map(([flow, declared]) => flowOf(flow, declared, file, name));
}

function flowOf(
  name: string,
  declared: DeclaredFlow,
  { positionOf }: Pick<Placed<unknown>, 'positionOf'>,
  file: string,
): Flow {
  // By mark: two visits of one flow know nothing of each other. Taking back ends what a visit knew.
  const visits = new Map<string, Known>();
  const wherever = (phase: Phase, index: number) => `${file}, line ${positionOf(['flows', name, phase, index]).line}`;
  const go = async (phase: Phase, known: Known, work: (step: DeclaredStep, index: number) => Promise<void>) => {
    for (const [index, step] of declared[phase].entries()) {
      known.set('step', index + 1);
      await at(wherever(phase, index), () => work(step, index));
    }
  };
  return defineFlow({
    name,
    title: declared.title,
    modules: declared.modules,
    ...(declared.since !== undefined && { since: declared.since }),
    writes: declared.writes,
    marked: declared.marked,
    async run(visit) {
      const known: Known = new Map<string, unknown>([['mark', visit.mark]]);
      visits.set(visit.mark, known);
      await go('prepare', known, (step, index) =>
        visit.prepare(whatOf(step, 'prepare', index), () => perform(step, visit, known)),
      );
      await go('steps', known, async (step, index) => {
        if (step.check) return check(step.check, visit, known);
        return visit.step(whatOf(step, 'steps', index), () => perform(step, visit, known));
      });
    },
    async cleanUp(aftermath) {
      const known = visits.get(aftermath.mark) ?? new Map<string, unknown>([['mark', aftermath.mark]]);
      visits.delete(aftermath.mark);
      await go('cleanUp', known, (step) => perform(step, onlyCalls(aftermath), known));
    },
  });
}

const whatOf = (step: DeclaredStep, phase: Phase, index: number): string =>
  step.what ??
  `${phase === 'prepare' ? 'preparation' : 'step'} ${index + 1}: ${DOINGS.find((doing) => step[doing] !== undefined)}`;

/** Says where in the file it stands what went wrong. */
async function at(place: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause) => {
    if (cause instanceof Error && !cause.message.includes(place)) cause.message = `${cause.message} (${place})`;
    throw cause;
  });
}

function check({ fact, expected, seen, as }: NonNullable<DeclaredStep['check']>, visit: Visit, known: Known): void {
  const comparable = (value: Json): Comparable => {
    const is = filled(value, known);
    if (as === 'money') return money(Number(is));
    return typeof is === 'object' && is !== null && !Array.isArray(is) ? JSON.stringify(is) : (is as Comparable);
  };
  visit.check(fact, comparable(expected), comparable(seen));
}

/** Does what one step says and keeps what it gives. */
async function perform(step: DeclaredStep, visit: Visit, known: Known): Promise<void> {
  const given = await done(step, visit, known);
  if (step.as !== undefined) known.set(step.as, given);
}

async function done(step: DeclaredStep, visit: Visit, known: Known): Promise<unknown> {
  const fill = <T>(value: Json): T => filled(value, known) as T;
  const id = (value: string | number) => idOf(filled(value, known));
  if (step.product) return (await newProduct(visit, fill(step.product))).id;
  if (step.partner) return newPartner(visit, step.partner);
  if (step.count) return count(visit, id(step.count.product), Number(filled(step.count.quantity, known)));
  if (step.create) return create(visit, step.create.model, fill(step.create.values), fill(step.create.context ?? {}));
  if (step.read) return readOne(visit, step.read.model, id(step.read.id), step.read.fields);
  if (step.search) {
    const { model, domain, fields, order, limit } = step.search;
    const args = { domain: fill(domain), fields, limit, ...(order !== undefined && { order }) };
    return visit.call(model, 'search_read', args);
  }
  if (step.call) {
    const { model, method, ids, args, context } = step.call;
    const whole: CallArguments = {
      ...fill<CallArguments>(args),
      ...(ids !== undefined && { ids: [fill<number | number[]>(ids)].flat().map(idOf) }),
      ...(context && { context: fill(context) }),
    };
    return visit.call(model, method, whole);
  }
  throw new Unexpected('a check stands where things are only made or taken back');
}

function idOf(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new Unexpected(`${JSON.stringify(value)} is no id of a record`);
}

/** Building blocks only call: taking back has neither steps to time nor facts to look at. */
const onlyCalls = ({ shop, mark, call }: Aftermath): Visit => ({
  shop,
  mark,
  call,
  guest: () => {
    throw new Unexpected('nobody goes shopping while things are taken back');
  },
  prepare: (_, work) => work(),
  step: (_, work) => work(),
  check: () => undefined,
});
