import { OPERATIONS, type Operation } from './operations.ts';

interface Route {
  operation: Operation;
  method: string;
  pattern: RegExp;
  literals: number;
}

/** Names that may hold slashes, which clients send as they are. */
const WITH_SLASHES = new Set(['path', 'ref', 'branch', 'basehead']);

// The more of a path is literal, the sooner it is tried: commits/{sha}/pulls before commits/{ref}.
const ROUTES: Route[] = OPERATIONS.map((operation) => {
  const [method, path] = operation.split(' ') as [string, string];
  const pattern = path.replace(/\{(\w+)\}/g, (_, name) => `(?<${name}>${WITH_SLASHES.has(name) ? '.+' : '[^/]+'})`);
  const literals = path.split('/').filter((segment) => !segment.startsWith('{')).length;
  return { operation, method, pattern: new RegExp(`^${pattern}$`), literals };
}).sort((a, b) => b.literals - a.literals);

/** Which operation a request is for, and what stands for the names in its path. */
export function routeOf(
  method: string,
  path: string,
): { operation: Operation; params: Record<string, string> } | undefined {
  for (const route of ROUTES) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (!found) continue;
    const params = Object.entries(found.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)]);
    return { operation: route.operation, params: Object.fromEntries(params) };
  }
  return undefined;
}
