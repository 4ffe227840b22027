/**
 * Holds the stand-in's judge of answers against Prism's: both get real answers of the stand-in and thousands of
 * damaged ones, and every difference is counted. What came of it is in docs/adr/0004-github-answers.md.
 *
 * Prism is no dependency. In a folder outside this repository run `npm install --ignore-scripts
 * @stoplight/prism-http@5.16.0`, then here
 *
 *   node scripts/on-node24.mjs packages/testbed/src/github/compare-with-prism.cli.ts FOLDER
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { openDescription } from './description.ts';
import type { Operation } from './operations.ts';
import { routeOf } from './routes.ts';
import { startGitHub } from './server.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Answer {
  operation: Operation;
  status: number;
  body: Json;
}

interface PrismOperation {
  method: string;
  path: string;
}

interface Prism {
  getHttpOperationsFromSpec(path: string): Promise<PrismOperation[]>;
  validateOutput(judged: { resource: PrismOperation; element: object }): { _tag: 'Left' | 'Right' };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder in which Prism is installed.');
const require = createRequire(join(resolve(folder), 'index.js'));
const prism: Prism = {
  ...require('@stoplight/prism-http'),
  ...require('@stoplight/prism-http/dist/validator'),
};

/** One answer of each operation, and refusals. */
async function answers(): Promise<Answer[]> {
  const write = { actions: 'write', attestations: 'write', contents: 'write' } as const;
  const permissions = { ...write, deployments: 'write', issues: 'write', 'pull-requests': 'write' } as const;
  const files = { 'README.md': 'Shops\n', 'folder/file': '', link: { symlink: 'README.md' } };
  const github = await startGitHub({ repo: 'corner-shops/shops', files, permissions });
  const { repository, state } = github;
  const [ada, ben] = [state.person('ada'), state.person('ben')];
  const environment = repository.addEnvironment('production', { reviewers: [ben], waitMinutes: 5, branches: 'listed' });
  const base = repository.branches.get('main');
  const run = repository.addRun({ actor: ada, waitingFor: ['production'] });
  repository.commit({ author: ada, branch: 'fix', files: { a: '1' } });
  const pull = repository.addPull({ author: ada, headRef: 'fix', labels: ['hotfix'] });
  repository.addReview(pull, { user: ben, state: 'APPROVED' });
  const head = repository.merge(pull, { squashedBy: ben });
  const digest = '5'.repeat(64);
  const statement = { predicateType: 'https://slsa.dev/provenance/v1', subject: [{ digest: { sha256: digest } }] };
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64');
  const asBen = state.personToken(ben, { deployments: 'write' }, [repository]);

  const got: Answer[] = [];
  async function ask(request: string, body?: object, token = github.token): Promise<Json> {
    const [method = '', path = ''] = request.split(' ');
    const inRepository = path === '/' || path === '/rate_limit' ? path : `/repos/corner-shops/shops${path}`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(github.url + inRepository, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const operation = routeOf(method, inRepository.split('?')[0] as string)?.operation;
    const value = (await answer.json()) as Json;
    if (operation) got.push({ operation, status: answer.status, body: value });
    return value;
  }
  const reads = `/|/rate_limit|/branches/main|/git/ref/heads/main|/git/commits/${base}|/git/trees/${base}|/contents/README.md
    |/contents/folder|/commits/${base}|/commits/${head}/pulls|/compare/${base}...${head}|/actions/runs/${run.id}
    |/actions/runs/${run.id}/pending_deployments|/environments/production|/pulls/1|/pulls/1/reviews|/issues/99`;
  await ask('GET ');
  for (const path of reads.split('|')) await ask(`GET ${path.trim()}`);
  await ask(`GET /git/blobs/${[...repository.git.blobs.keys()][0]}`);
  const approval = { environment_ids: [environment.id], state: 'approved', comment: '' };
  await ask(`POST /actions/runs/${run.id}/pending_deployments`, approval, asBen);
  await ask(`GET /actions/runs/${run.id}/approvals`);
  await ask('POST /pulls/1/reviews', { event: 'COMMENT', body: 'Hm' });
  const { id } = (await ask('POST /deployments', { ref: 'main' })) as { id: number };
  await ask(`POST /deployments/${id}/statuses`, { state: 'success', log_url: 'https://ci.shops.example/7' });
  for (const path of ['/deployments', `/deployments/${id}`, `/deployments/${id}/statuses`]) await ask(`GET ${path}`);
  await ask('POST /issues', { title: 'Watch ended early', labels: ['release'] });
  await ask('POST /issues', {});
  await ask('PATCH /issues/2', { state: 'closed' });
  await ask('POST /issues/2/comments', { body: 'Again' });
  for (const path of ['/issues?state=all', '/issues/2', '/issues/2/comments']) await ask(`GET ${path}`);
  await ask('POST /attestations', { bundle: { dsseEnvelope: { payload } } });
  await ask(`GET /attestations/sha256:${digest}`);
  await github.stop();
  return got;
}

/** The value with one member missing or of another kind, in every place down to the fourth level. */
function* damaged(value: Json, depth = 0): Generator<Json> {
  if (depth > 4 || value === null || typeof value !== 'object') return;
  for (const key of Object.keys(value)) {
    const put = (member: Json): Json =>
      Object.assign(Array.isArray(value) ? [...value] : { ...value }, { [key]: member });
    if (!Array.isArray(value)) {
      const { [key]: _, ...rest } = value;
      yield rest;
    }
    for (const other of [null, 7, 'x', true, {}, []]) yield put(other);
    for (const inner of damaged((value as Record<string, Json>)[key] as Json, depth + 1)) yield put(inner);
  }
}

const description = openDescription();
const operations = await prism.getHttpOperationsFromSpec(join(import.meta.dirname, 'fixtures', 'api.github.com.json'));
const byName = new Map(operations.map((each) => [`${each.method.toUpperCase()} ${each.path}`, each]));
let judged = 0;
const differences = new Map<string, number>();
for (const { operation, status, body } of await answers()) {
  const resource = byName.get(operation) as PrismOperation;
  const variants = [body, ...damaged(body)];
  const step = Math.ceil(variants.length / 400);
  for (const variant of variants.filter((_, at) => at % step === 0)) {
    judged += 1;
    const ours = description.faultOfAnswer(operation, status, variant) !== undefined;
    const element = { statusCode: status, headers: { 'content-type': 'application/json' }, body: variant };
    const theirs = prism.validateOutput({ resource, element })._tag === 'Left';
    if (ours === theirs) continue;
    const what = `${operation} ${status}: ${ours ? 'only ours refuses' : 'only Prism refuses'}`;
    differences.set(what, (differences.get(what) ?? 0) + 1);
  }
}
console.log(`${judged} answers judged`);
for (const [what, count] of differences) console.log(`${String(count).padStart(6)}  ${what}`);
