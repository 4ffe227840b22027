import { describe, expect, it } from '@jest/globals';
import type { Flow } from './flow.ts';
import { planFor, type Wishes } from './plan.ts';
import type { Shop } from './shop.ts';

const flow = (name: string, writes: string[], modules: string[] = []): Flow => ({
  name,
  title: name,
  modules,
  writes,
  run: async () => undefined,
});
const FLOWS = [flow('look', []), flow('sell', ['1 order']), flow('ring-up', ['1 session'], ['point_of_sale'])];

const shop = (changes: Partial<Shop> = {}): Shop => ({
  version: '19.0',
  modules: new Set(['point_of_sale']),
  company: { id: 1, name: 'Corner Shops' },
  currency: { name: 'EUR', decimals: 2 },
  isNeutralized: false,
  live: [],
  ...changes,
});
const plan = (changes: Partial<Shop>, wishes: Partial<Wishes> = {}) => {
  const { flows, left } = planFor(FLOWS, shop(changes), { flows: [], allowWrites: false, setAside: false, ...wishes });
  return { run: flows.map(({ name }) => name), left: left.map(({ flow: name, why }) => `${name}: ${why}`) };
};

describe('what is run', () => {
  it.each<[string, Partial<Shop>, Partial<Wishes>, string[]]>([
    ['only what reads, where nothing says that it is a copy', {}, {}, ['look']],
    ['only what reads, when writing is allowed and no company is set aside', {}, { allowWrites: true }, ['look']],
    ['only what reads, when a company is set aside and writing is not allowed', {}, { setAside: true }, ['look']],
    ['all, when both are given', {}, { allowWrites: true, setAside: true }, ['look', 'sell', 'ring-up']],
    ['all, in a neutralised copy', { isNeutralized: true }, {}, ['look', 'sell', 'ring-up']],
    [
      'only what reads, where mail would go out, whatever is allowed',
      { live: ['mail'] },
      { allowWrites: true, setAside: true },
      ['look'],
    ],
    ['only what reads, where mail would go out of a copy', { live: ['mail'], isNeutralized: true }, {}, ['look']],
    ['what the modules allow', { isNeutralized: true, modules: new Set() }, {}, ['look', 'sell']],
    ['what was asked for', { isNeutralized: true }, { flows: ['sell'] }, ['sell']],
  ])('%s', (_, changes, wishes, run) => {
    expect(plan(changes, wishes).run).toEqual(run);
  });

  it('leaves out what the server is too old for', () => {
    const flows = [{ ...flow('ring-up', ['1 session']), since: 18 }];
    const wishes = { flows: [], allowWrites: false, setAside: false };
    const { left } = planFor(flows, shop({ version: '17.0', isNeutralized: true }), wishes);
    expect(left.map(({ why, detail }) => [why, detail])).toEqual([
      ['too-old', 'this is Odoo 17.0, and the flow needs 18 or newer'],
    ]);
    expect(planFor(flows, shop({ version: '18.0', isNeutralized: true }), wishes).left).toEqual([]);
  });

  it('names what is not run, and why', () => {
    expect(plan({ modules: new Set() }, { flows: ['sell', 'ring-up', 'sel'] }).left).toEqual([
      'sell: read-only',
      'ring-up: module-missing',
      'sel: unknown-flow',
    ]);
  });
});
