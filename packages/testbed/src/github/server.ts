import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  authenticate,
  checkPermission,
  countRequest,
  limitHeaders,
  Pace,
  slowDown,
  visibleRepository,
} from './admission.ts';
import { type Description, openDescription } from './description.ts';
import { pageOf, type Reply } from './endpoints/endpoint.ts';
import { ENDPOINTS } from './endpoints/index.ts';
import type { Files } from './git-objects.ts';
import { GitHubState, type Permissions, type Token, type Trouble } from './github-state.ts';
import { notFound, Refusal } from './refusal.ts';
import type { RepositoryState } from './repository-state.ts';
import { routeOf } from './routes.ts';
import { shapesOf } from './shapes.ts';

export interface GitHubOptions {
  /** The first repository, as owner/name. */
  repo: string;
  /** What its default branch holds. Default: nothing, so that the repository is empty. */
  files?: Files;
  /** Of the token that is returned, which is like a job's own. Default: none but metadata. */
  permissions?: Permissions;
  isPrivate?: boolean;
  defaultBranch?: string;
}

export interface Requested {
  method: string;
  /** With its query. */
  path: string;
  body: unknown;
  status: number;
}

export interface GitHubStandIn {
  url: string;
  /** A job's own token for the first repository. */
  token: string;
  state: GitHubState;
  /** The first repository. */
  repository: RepositoryState;
  /** Every request so far. */
  requests: Requested[];
  /**
   * Ends the server.
   *
   * @throws when it ever made an answer that GitHub's description does not allow: what was tested with it is void
   */
  stop(): Promise<void>;
}

const BODY_LIMIT = 32 * 1024 * 1024;

/**
 * Starts a stand-in for GitHub's API on loopback. It keeps state, refuses what GitHub refuses, and judges each
 * of its own answers by GitHub's OpenAPI description before it gives them.
 */
export async function startGitHub(options: GitHubOptions): Promise<GitHubStandIn> {
  const [owner, name] = options.repo.split('/');
  if (!owner || !name) throw new Error(`"${options.repo}" is no repository; write owner/name.`);
  const state = new GitHubState();
  const repository = state.addRepository(owner, name, options.defaultBranch);
  repository.isPrivate = options.isPrivate ?? true;
  if (options.files) repository.commit({ author: state.person(owner), message: 'Begin', files: options.files });
  const token = state.jobToken(repository, options.permissions ?? {});

  const description = openDescription();
  const requests: Requested[] = [];
  const violations: string[] = [];
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answer = answerer(state, description, url, violations);

  server.on('request', async (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    const bytes = await buffer(request);
    const trouble = state.troubles.shift();
    const made = answer(method, path, request.headers.authorization, bytes, trouble);
    requests.push({ method, path, body: jsonOf(bytes), status: made.status });
    send(response, request, made, trouble);
  });

  return {
    url,
    token,
    state,
    repository,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      if (violations.length > 0) {
        throw new Error(`The stand-in for GitHub answered what GitHub never would:\n${violations.join('\n')}`);
      }
    },
  };
}

interface Made {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

function answerer(state: GitHubState, description: Description, url: string, violations: string[]) {
  const shapes = shapesOf(description, url);
  const paces = new Map<Token | undefined, Pace>();

  function admitted(
    method: string,
    path: string,
    authorization: string | undefined,
    bytes: Uint8Array,
    trouble?: Trouble,
  ) {
    const { pathname, searchParams: query } = new URL(path, url);
    const route = routeOf(method, pathname);
    const token = authenticate(state, authorization);
    if (route?.operation === 'GET /') {
      return { route, reply: { status: 200, body: description.blank('root') }, token, query, pathname };
    }
    if (route?.operation === 'GET /rate_limit')
      return { route, reply: rateLimit(state, token), token, query, pathname };
    const pace = paces.get(token) ?? new Pace();
    paces.set(token, pace);
    if (trouble?.kind === 'slow down') throw slowDown(trouble.status, trouble.seconds);
    if (trouble?.kind === 'status') throw new Refusal(trouble.status, 'Server Error');
    countRequest(state, token);
    pace.spend(state, method);

    const endpoint = route && ENDPOINTS[route.operation];
    if (!route || !endpoint) throw notFound();
    const { owner = '', repo = '' } = route.params;
    const repository = visibleRepository(state, token, owner, repo);
    checkPermission(endpoint, method, token, repository);
    const body = method === 'GET' ? undefined : bodyOf(bytes);
    const fault = body === undefined ? undefined : description.faultOfRequest(route.operation, body);
    if (fault !== undefined) throw new Refusal(422, `Invalid request.\n\n${fault}`);
    const reply = endpoint.answer({ github: state, repository, shapes, token, params: route.params, query, body });
    return { route, reply, token, query, pathname };
  }

  return (
    method: string,
    path: string,
    authorization: string | undefined,
    bytes: Uint8Array,
    trouble?: Trouble,
  ): Made => {
    const headers: Record<string, string> = {
      date: new Date(state.now()).toUTCString(),
      'content-type': 'application/json; charset=utf-8',
      'x-github-request-id': `TEST:${state.nextId()}`,
    };
    const limits = () => limitHeaders(state, state.tokens.get(authorization?.replace(/^\w+ /, '') ?? ''));
    const judged = (status: number, body: unknown, more: Record<string, string>): Made => {
      const operation = routeOf(method, new URL(path, url).pathname)?.operation;
      const fault = operation && status < 500 ? description.faultOfAnswer(operation, status, body) : undefined;
      if (fault === undefined) return { status, body, headers: { ...headers, ...limits(), ...more } };
      violations.push(`${method} ${path}: ${fault}`);
      return { status: 500, body: { message: `The stand-in answered what GitHub never would: ${fault}` }, headers };
    };
    try {
      const { reply, query, pathname } = admitted(method, path, authorization, bytes, trouble);
      return judged(reply.status, reply.body, linkHeader(reply, query, url + pathname));
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) {
        violations.push(`${method} ${path}: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
        return { status: 500, body: { message: 'The stand-in for GitHub has a defect.' }, headers };
      }
      const { status, message, details, headers: more } = thrown;
      const about = { documentation_url: 'https://docs.github.com/rest', status: String(status) };
      return judged(status, { message, ...(details && { errors: details }), ...about }, more);
    }
  };
}

/** How an answer goes out, troubles included. */
function send(response: ServerResponse, request: IncomingMessage, made: Made, trouble: Trouble | undefined): void {
  if (trouble?.kind === 'silence') return;
  if (trouble?.kind === 'hang up') {
    request.socket.destroy();
    return;
  }
  if (trouble?.kind === 'page') {
    response.writeHead(trouble.status, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<html><body><h1>Sign in to use this network</h1></body></html>');
    return;
  }
  const body = trouble?.kind === 'changed' ? trouble.change(made.body) : made.body;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(made.status, { ...made.headers, 'content-length': bytes.length });
  if (trouble?.kind === 'cut off') {
    response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
    return;
  }
  response.end(bytes);
}

function rateLimit(state: GitHubState, token: Token | undefined): Reply {
  if (state.limit === Number.POSITIVE_INFINITY) throw new Refusal(404, 'Rate limiting is not enabled.');
  const used = token?.used ?? 0;
  const core = {
    limit: state.limit,
    used,
    remaining: Math.max(0, state.limit - used),
    reset: Math.ceil(state.limitResetsAt / 1_000),
  };
  return { status: 200, body: { resources: { core, search: core }, rate: core } };
}

function linkHeader({ total }: Reply, query: URLSearchParams, address: string): Record<string, string> {
  if (total === undefined) return {};
  const { page, size } = pageOf({ query });
  const last = Math.ceil(total / size);
  const to = (number: number, rel: string) => {
    const other = new URLSearchParams(query);
    other.set('page', String(number));
    return `<${address}?${other}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev'), to(1, 'first')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
  ];
  return links.length > 0 ? { link: links.join(', ') } : {};
}

function bodyOf(bytes: Uint8Array): unknown {
  if (bytes.length > BODY_LIMIT) throw new Refusal(413, 'Payload too large');
  const body = bytes.length === 0 ? {} : jsonOf(bytes);
  if (body === undefined) throw new Refusal(400, 'Problems parsing JSON');
  return body;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined; // No JSON; who needs it says so.
  }
}
