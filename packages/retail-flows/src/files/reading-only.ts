import type { Flow, Visit } from '../flow.ts';

/** Methods that change nothing. */
const READING = new Set([
  'search',
  'search_count',
  'search_read',
  'search_fetch',
  'read',
  'read_group',
  'formatted_read_group',
  'fields_get',
  'name_search',
  'context_get',
  'get_views',
  'has_group',
  'has_access',
]);

/**
 * A flow that says that it writes nothing is run in production, so its word is not enough: whatever else than
 * reading it calls is refused before it is sent.
 */
export function guarded(flow: Flow): Flow {
  if (flow.writes.length > 0) return flow;
  const guest = (): never => {
    throw new Error(refusal(flow.name, "a guest's visit"));
  };
  return { ...flow, run: (visit) => flow.run({ ...visit, guest, call: readingOnly(flow.name, visit.call) }) };
}

function readingOnly(flow: string, call: Visit['call']): Visit['call'] {
  return async (model, method, args) => {
    if (READING.has(method)) return call(model, method, args);
    throw new Error(refusal(flow, `${model}.${method}`));
  };
}

const refusal = (flow: string, what: string): string =>
  `${what} is refused: ${flow} says that it writes nothing. List under \`writes\` what it leaves.`;
