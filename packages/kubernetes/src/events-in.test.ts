import { describe, expect, it } from '@jest/globals';
import { eventsIn } from './events-in.ts';

const told = async (...chunks: string[]) => {
  const names: string[] = [];
  const stream = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  })();
  for await (const { metadata } of eventsIn(stream, 'a watch')) names.push(metadata.name);
  return names;
};
const event = (name: string, type = 'MODIFIED') => `${JSON.stringify({ type, object: { metadata: { name } } })}\n`;

describe('a watch', () => {
  it('tells each object, however its lines are cut, also within a letter', async () => {
    const line = Buffer.from(event('für', 'ADDED')).toString('latin1');
    for (let cut = 0; cut <= line.length; cut++) {
      expect(await told(line.slice(0, cut), line.slice(cut) + event('b'))).toEqual(['für', 'b']);
    }
  });

  it('that the server ends with an error says which', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    const line = `${JSON.stringify({ type: 'ERROR', object: status })}\n`;
    await expect(told(event('a'), line)).rejects.toMatchObject({ reason: 'server' });
  });

  it.each(['<html>\n', '[]\n', '{"kind":"ConfigMap"}\n', '\n'])('that is none is an error: %j', async (line) => {
    await expect(told(line)).rejects.toThrow('no API server');
  });
});
