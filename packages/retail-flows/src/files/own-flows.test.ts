import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Check, Flow, Visit } from '../flow.ts';
import { readOwnFlows } from './own-flows.ts';
import { parseTenants } from './tenants.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../test/retailers/corner-shops/smoke');
const temp = mkdtempSync(join(tmpdir(), 'own-flows-'));
afterAll(() => rmSync(temp, { recursive: true, force: true }));

const read = (text: string, name = 'flows.yml') => readOwnFlows(Buffer.from(text), name, temp);
const declare = (body: string) => read(`flows:\n  own:\n    title: Own\n    writes: [1 thing]\n${body}`);

type Sent = [model: string, method: string, args: unknown];

/** Goes through a flow with a server that gives these answers by method. */
async function go(flow: Flow, answers: Record<string, unknown>) {
  const [sent, checks, steps]: [Sent[], Pick<Check, 'fact' | 'expected' | 'seen'>[], string[]] = [[], [], []];
  const call = (async (model: string, method: string, args: unknown) => {
    sent.push([model, method, args]);
    return answers[method];
  }) as Visit['call'];
  const part = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    steps.push(what);
    return work();
  };
  const visit = {
    shop: { modules: new Set<string>() },
    mark: 'MARK',
    call,
    prepare: part,
    step: part,
    check: (fact: string, expected: unknown, seen: unknown) =>
      checks.push({ fact, expected: String(expected), seen: String(seen) }),
  } as unknown as Visit;
  await flow.run(visit);
  await flow.cleanUp?.(visit);
  return { sent, checks, steps };
}

describe('flows that are declared', () => {
  it('call, keep what comes back, refer to it, look at facts and take back', async () => {
    const [flow] = await declare(`
    prepare:
      - create: { model: crm.lead, values: { name: "\${mark} lead" } }
        as: lead
    steps:
      - what: it is won
        call: { model: crm.lead, method: action_set_won, ids: ["\${lead}"], args: { reason: "\${mark}/\${lead}" } }
        as: answer
      - check: { fact: the stage, expected: [1, won], seen: "\${answer.stage}" }
      - check: { fact: the amount, expected: 8.9955, seen: "\${answer.amount}", as: money }
    cleanUp:
      - call: { model: crm.lead, method: unlink, ids: ["\${lead}"] }
`);
    const went = await go(flow as Flow, { create: [7], action_set_won: { stage: [1, 'won'], amount: 9 } });
    expect(went).toEqual({
      sent: [
        ['crm.lead', 'create', { vals_list: [{ name: 'MARK lead' }], context: {} }],
        ['crm.lead', 'action_set_won', { ids: [7], reason: 'MARK/7' }],
        ['crm.lead', 'unlink', { ids: [7] }],
      ],
      checks: [
        { fact: 'the stage', expected: '1,won', seen: '1,won' },
        { fact: 'the amount', expected: '9.00', seen: '9.00' },
      ],
      steps: ['preparation 1: create', 'it is won'],
    });
  });

  it.each([
    ['a typing error', '    steps: [{ cal: {} }]', /line 5, column 15: .*cal is not known; did you mean "call"/],
    [
      'a step that does two things',
      '    steps:\n      - { partner: customer, product: {} }',
      /line 6, .*are product and partner/,
    ],
    ['a step that does nothing', '    steps:\n      - { what: rest }', /line 6, .*here is none/],
    ['a private method', '    steps: [{ call: { model: a.b, method: _x } }]', /line 5, column \d+: .*public method/],
    ['no steps', '    prepare: []', /line 2, column \d+: flows.own.steps/],
  ])('are refused with %s, where it stands', async (_, body, reason) => {
    await expect(declare(body)).rejects.toThrow(reason);
  });

  it('say in which line a reference leads nowhere', async () => {
    const [flow] = await declare(
      '    steps:\n      - partner: customer\n      - read: { model: a.b, id: "${ordr}", fields: [x] }',
    );
    await expect(go(flow as Flow, { create: [1] })).rejects.toThrow(/nothing is called "ordr".*\(flows.yml, line 7\)/);
  });

  it('that say that they write nothing can write nothing', async () => {
    const text =
      'flows:\n  own:\n    title: Own\n    writes: []\n    steps:\n      - call: { model: a.b, method: unlink, ids: [1] }';
    const [flow] = await read(text);
    await expect(go(flow as Flow, {})).rejects.toThrow(/a.b.unlink is refused: own says that it writes nothing/);
  });

  it('take no name of a flow that is there', async () => {
    const text = 'flows: { sale-to-payment: { title: a, writes: [], steps: [{ partner: vendor }] } }';
    await expect(read(text)).rejects.toThrow(/there is a flow "sale-to-payment" already/);
  });
});

describe('flows that a program makes', () => {
  /** Reads it on plain Node, which takes the types away, and runs its first flow. */
  const onNode = (program: string): string => {
    const script = `
      import { readOwnFlows } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'own-flows.ts')).href)};
      const visit = { call: async () => [], step: (_, work) => work(), prepare: (_, work) => work(), check: () => {} };
      try {
        const flows = await readOwnFlows(Buffer.from(process.argv[1]), 'smoke/own.ts', process.argv[2]);
        await flows[0].run(visit);
        console.log(flows.map(({ name }) => name).join());
      } catch (error) { console.log(error.message); }`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', script, '--', program, temp], {
      encoding: 'utf8',
    }).trim();
  };
  const flow = (run: string, name = 'own') =>
    `type Kit = { defineFlow: <T>(flow: T) => T };\nexport default ({ defineFlow }: Kit) => [defineFlow({\n  name: '${name}', title: 'Own', modules: [], writes: ['x'],\n  async run(visit: any) {\n    ${run}\n  } })];\n`;

  it('are run as they are written', () => {
    expect(onNode(flow('visit.check("a", 1, 1);'))).toBe('own');
  });

  it.each([
    [
      'syntax that cannot be taken away',
      'const a = 1;\nenum B { c }\nexport default () => [];',
      /^smoke\/own.ts, line 2: .*enum/,
    ],
    ['a typing error', 'export default () => [\n  { name: 1 +* 2 },\n];', /^smoke\/own.ts, line 2: /],
    ['a program that fails as it is read', 'const a = null as any;\n\na.b();', /^smoke\/own.ts, line 3: Cannot read/],
    [
      'a step that fails',
      flow('\n    await visit.step("a", async () => visit.nothing());'),
      /not a function \(smoke\/own.ts, line 6\)$/,
    ],
    [
      'a flow without a title',
      flow('').replace("title: 'Own', ", ''),
      /^smoke\/own.ts, line 3: flow 1 cannot be run: title /,
    ],
    ['no list', 'export default () => 1;', /gives no list of flows/],
    ['nothing', 'export const flows = [];', /default export must be a function/],
    ['an import of what is not there', 'import x from "left-pad";\nexport default x;', /^smoke\/own.ts.*left-pad/],
  ])('say where it is: %s', (_, program, reason) => {
    expect(onNode(program)).toMatch(reason);
  });
});

describe('the example of a retailer', () => {
  const example = (name: string) => readFileSync(join(EXAMPLE, name));
  it('has flows that are declared, flows of a program, and a list of tenants', async () => {
    expect((await readOwnFlows(example('flows.yml'), 'flows.yml', temp)).map(({ name }) => name)).toEqual([
      'loyalty-card',
      'price-on-the-shelf',
    ]);
    expect((await readOwnFlows(example('flows.ts'), 'flows.ts', temp)).map(({ name }) => name)).toEqual([
      'by-the-dozen',
    ]);
    expect(parseTenants(example('tenants.yml'), 'tenants.yml')).toHaveLength(3);
  });
});
