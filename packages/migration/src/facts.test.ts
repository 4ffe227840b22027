import { describe, expect, it } from '@jest/globals';
import { migrationFacts } from './facts.ts';
import { readOdooFacts } from './odoo-facts.ts';
import { CODE_ONLY, database, NEW, OLD } from './rules/example.ts';
import type { MigrationSeen } from './seen.ts';

const IMAGES = { from: OLD, to: NEW };
const facts = (changes: Partial<MigrationSeen>) => migrationFacts({ ...CODE_ONLY, ...changes }, IMAGES);
const sale = (image: string) => ({ sale: { ...database(OLD).modules.sale, image } }) as never;

describe('what the record carries of the data', () => {
  it('opens the shared database where nothing needs an update and assets are the same', () => {
    expect(facts({})).toEqual({
      ...IMAGES,
      units: [{ units: ['shop'], oldOnNew: 'yes', newOnOld: 'yes', modulesToUpdate: [] }],
      assets: [
        {
          bundle: 'web.assets_web',
          from: '3c34c5c60d9df33e.57f794a4ff7f1103',
          to: '3c34c5c60d9df33e.57f794a4ff7f1103',
        },
      ],
      connections: { workers: 4, cronThreads: 1, perProcess: 8, room: 190 },
    });
  });

  it('puts databases together of which the same is true', () => {
    const names = ['a', 'b', 'c'];
    const { units } = facts({
      old: names.map((name) => database(OLD, { database: name })),
      new: names.map((name) => database(NEW, { database: name, ...(name === 'b' && { modules: sale('19.0.2.0') }) })),
    });
    expect(units).toEqual([
      { units: ['a', 'c'], oldOnNew: 'yes', newOnOld: 'yes', modulesToUpdate: [] },
      { units: ['b'], oldOnNew: 'unknown', newOnOld: 'no', modulesToUpdate: ['sale'] },
    ]);
  });

  it('does not promise new code on data that lack a column', () => {
    const { units } = facts({ new: [database(NEW, { missingColumns: ['a.b'] })] });
    expect(units[0]).toMatchObject({ newOnOld: 'no', modulesToUpdate: [] });
  });

  it('tells a bundle as it differs, wherever it does', () => {
    const { assets } = facts({
      old: [database(OLD), database(OLD, { database: 'b' })],
      new: [database(NEW), database(NEW, { database: 'b', assets: { 'web.assets_web': '1.1' } })],
    });
    expect(assets).toEqual([expect.objectContaining({ bundle: 'web.assets_web', to: '1.1' })]);
  });

  it('has not looked where it has not looked', () => {
    expect(facts({ new: [] })).toMatchObject({ units: [], assets: null, connections: null });
    const { connections: _, ...older } = database(NEW);
    expect(facts({ new: [older] })).toMatchObject({ connections: null });
  });

  it('counts connections as the neediest version does, where there is least room for them', () => {
    const counted = (changes: object) => ({ connections: { ...database(OLD).connections, ...changes } as never });
    const { connections } = facts({
      old: [database(OLD), database(OLD, { database: 'b', ...counted({ limit: 60 }) })],
      new: [database(NEW, counted({ perProcess: 16, others: 100 })), database(NEW, { database: 'b' })],
    });
    expect(connections).toEqual({ workers: 4, cronThreads: 1, perProcess: 16, room: 60 });
  });
});

describe('a file of facts', () => {
  const line = JSON.stringify(database(OLD));
  const read = (text: string) => readOdooFacts(Buffer.from(text), 'old.jsonl');

  it('has a line a database', () => {
    expect(read(`${line}\n\n${JSON.stringify(database(OLD, { database: 'b' }))}\n`)).toHaveLength(2);
  });

  it.each([
    ['empty', '\n', 'it is empty'],
    ['cut off', line.slice(0, -1), 'line 1 is no complete JSON'],
    ['of another schema', line.replace('facts/v1', 'facts/v2'), 'schema'],
    ['without the image', line.replace(OLD, ''), 'image'],
    ['with a database twice', `${line}\n${line}`, '"shop" is told twice'],
  ])('that is %s is refused', (_, text, why) => {
    expect(() => read(text)).toThrow(why);
  });
});
