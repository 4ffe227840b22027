import { KubernetesError, refusal, type StatusBody } from './errors.ts';
import type { KubeObject } from './kinds.ts';

/** One line of a watch. */
interface Event {
  type: string;
  object: unknown;
}

/** A line longer than this is no object: the API server stores at most 1.5 MiB of one. In characters. */
const LINE_LIMIT = 8 * 2 ** 20;

/**
 * The objects that a watch tells, each as soon as its line is there.
 *
 * @param about what is watched, for the error
 * @throws KubernetesError what the API server says went wrong, and what is no watch
 */
export async function* eventsIn<T extends KubeObject>(stream: AsyncIterable<Buffer>, about: string): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT) throw noWatch(about);
    for (const line of lines) {
      const { type, object } = eventOf(line, about);
      if (type === 'ERROR')
        throw refusal(Number((object as { code?: unknown })?.code) || 500, about, { body: object as StatusBody });
      yield object as T;
    }
  }
}

function eventOf(line: string, about: string): Event {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null && 'type' in event && 'object' in event) return event as Event;
  } catch {
    // told below, like everything else that is no event
  }
  throw noWatch(about);
}

const noWatch = (about: string) =>
  new KubernetesError('server', `What answered when asked for ${about} is no API server: it tells no events.`);
