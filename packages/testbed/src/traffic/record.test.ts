import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { failed, type RecordHead, readRecord } from './record.ts';
import { MAX_NAMES } from './record-format.ts';
import { RecordWriter } from './record-writer.ts';

const head: RecordHead = {
  seed: 1,
  arrivals: { pattern: 'constant', perSecond: 1 },
  tenants: [{ host: 'a.test' }, { host: 'b.test' }],
  requests: [{ name: 'home', method: 'GET', path: '/' }],
  sessions: { thinkSeconds: 1, meanRequests: 1 },
  startedAt: 1_800_000_000_000.25,
};
const seen = {
  at: 1_800_000_000_123.5,
  latency: 12.345,
  late: 0.5,
  session: 70_000,
  tenant: 1,
  request: 0,
  status: 200,
  version: 'v2',
  pod: 'shop-1',
  error: '',
  cookies: 1,
};

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-record-'));
  path = join(folder, 'load.bin');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the record of a load', () => {
  it('gives back what was written, row by row and in columns', async () => {
    const writer = new RecordWriter(path, head);
    writer.add(seen);
    writer.add({ ...seen, tenant: 0, status: 0, error: 'network: ECONNREFUSED', version: '', pod: '' });
    writer.close();
    const record = await readRecord(path);
    expect(record.head).toEqual(head);
    expect(record.complete).toBe(true);
    expect([...record.rows()]).toEqual([
      { ...seen, tenant: 'b.test', request: 'home' },
      { ...seen, tenant: 'a.test', request: 'home', status: 0, error: 'network: ECONNREFUSED', version: '', pod: '' },
    ]);
    expect(Array.from(record.columns.latency)).toEqual([12345, 12345]);
  });

  it('keeps every row over many blocks', async () => {
    const writer = new RecordWriter(path, head);
    for (let session = 0; session < 10_000; session++) {
      writer.add({ ...seen, session, version: `v${session % 3}` });
      if (session % 777 === 0) writer.flush();
    }
    writer.close();
    const record = await readRecord(path);
    expect(record.length).toBe(10_000);
    expect(Array.from(record.columns.session)).toEqual(Array.from({ length: 10_000 }, (_, session) => session));
    expect(record.count(({ version }) => version)).toEqual(
      new Map([
        ['v0', 3334],
        ['v1', 3333],
        ['v2', 3333],
      ]),
    );
  });

  it('can be read while it is written, and at every length that a killed writer may leave', async () => {
    const writer = new RecordWriter(path, head);
    writer.add(seen);
    writer.flush();
    expect(await readRecord(path)).toMatchObject({ complete: false, length: 1 });
    writer.add(seen);
    writer.close();
    const whole = (await readFile(path)).length;
    const lengths: number[] = [];
    for (let length = whole; length > 300; length--) {
      await truncate(path, length);
      const record = await readRecord(path).catch(() => undefined);
      if (record) lengths.push(record.length);
      expect(record?.complete ?? false).toBe(length === whole);
    }
    expect([...new Set(lengths)]).toEqual([2, 1, 0]);
  });

  it('never overwrites another one', () => {
    new RecordWriter(path, head).close();
    expect(() => new RecordWriter(path, head)).toThrow('EEXIST');
  });

  it('does not grow names without bound', async () => {
    const writer = new RecordWriter(path, head);
    for (let name = 0; name < MAX_NAMES + 10; name++) writer.add({ ...seen, pod: `pod-${name}` });
    writer.close();
    const { names } = await readRecord(path);
    expect(names.pod).toHaveLength(MAX_NAMES + 1);
    expect(names.pod.at(-1)).toBe('(other)');
  });

  it('takes quantiles by nearest rank and counts within a time', async () => {
    const writer = new RecordWriter(path, head);
    for (const [index, latency] of [15, 20, 35, 40, 50].entries()) writer.add({ ...seen, at: index, latency });
    writer.close();
    const record = await readRecord(path);
    // The worked example of the nearest-rank method: 5th, 30th, 40th, 50th and 100th percentile of these values.
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => record.quantile('latency', share))).toEqual([15, 20, 20, 35, 50]);
    expect(record.count(({ status }) => status, 1, 3)).toEqual(new Map([['200', 2]]));
  });

  it('is refused where the file is none', async () => {
    await writeFile(path, 'something else entirely');
    await expect(readRecord(path)).rejects.toThrow('is not the record of a load');
  });
});

describe('what did not work, as a client sees it', () => {
  it.each([
    [{ status: 200, error: '' }, false],
    [{ status: 404, error: '' }, false],
    [{ status: 500, error: '' }, true],
    [{ status: 200, error: 'jsonrpc: odoo.exceptions.UserError' }, true],
    [{ status: 0, error: 'network: ECONNRESET' }, true],
  ])('%j: %s', (row, is) => {
    expect(failed(row)).toBe(is);
  });
});
