import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { extract, type Header } from 'tar-stream';
import { type DebianLayer, needDebian } from './index.ts';

const systems = await needDebian('amd64', 'arm64');

/** Every entry of a layer; of the file asked for also its first bytes. */
async function read({ bytes }: DebianLayer, file: string) {
  const unpack = extract();
  unpack.end(gunzipSync(bytes));
  const entries = new Map<string, Header>();
  let start = Buffer.alloc(0);
  for await (const entry of unpack) {
    entries.set(entry.header.name.replace(/^\.\//, ''), entry.header);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (entry.header.name === `./${file}`) chunks.push(chunk as Buffer);
    if (chunks.length > 0) start = Buffer.concat(chunks).subarray(0, 64);
  }
  return { entries, start };
}

(systems ? describe : describe.skip)('a Debian system', () => {
  const of = (name: 'amd64' | 'arm64', layer: number) => systems?.[name].layers[layer] as DebianLayer;

  // e_machine of an ELF header: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
  it.each([
    ['amd64', 62],
    ['arm64', 183],
  ] as const)(
    'for %s has programs of that processor, owned by root, and the links of a merged /usr',
    async (name, machine) => {
      const { entries, start } = await read(of(name, 0), 'usr/bin/dash');
      expect([start.subarray(0, 4).toString('latin1'), start.readUInt16LE(18)]).toEqual(['\x7fELF', machine]);
      expect(entries.get('bin')).toMatchObject({ type: 'symlink', linkname: 'usr/bin' });
      expect(entries.get('etc/os-release')).toMatchObject({ type: 'symlink', linkname: '../usr/lib/os-release' });
      expect([...entries.values()].filter(({ uid, gid }) => uid !== 0 || gid !== 0)).toEqual([]);
    },
  );

  it('was installed without running anything of it: ldconfig, which libc’s script calls, has left no cache', async () => {
    const { entries } = await read(of('amd64', 0), 'usr/bin/dash');
    expect(entries.has('var/lib/dpkg/status')).toBe(true);
    expect(entries.has('etc/ld.so.cache')).toBe(false);
  });

  it('has in its second layer what was added, and not what was there', async () => {
    const { entries, start } = await read(of('arm64', 1), 'usr/bin/corelist');
    expect(start.toString('latin1')).toContain('#!/usr/bin/perl');
    expect([entries.has('usr/bin/dash'), entries.has('var/lib/dpkg/status')]).toEqual([false, true]);
  });

  it('names its layers by the digest of the archive', () => {
    const { bytes, diffId } = of('amd64', 0);
    expect(diffId).toBe(`sha256:${createHash('sha256').update(gunzipSync(bytes)).digest('hex')}`);
  });
});
