/** What the smoke bundle makes of the files that it is given: on plain Node, as the runner starts it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type GitHubStandIn, startGitHub } from '@tillgate/testbed/github';
import { COMMON_INPUTS, GOOD_POLICY } from './inputs.ts';
import { BUNDLES, type Bundle, type Job, newJob, ROOT, runBundle } from './run-bundle.ts';

const bundle = BUNDLES.find(({ action }) => action === 'smoke-retail-flows') as Bundle;
const retailer = (name: string) => readFileSync(join(ROOT, 'test/retailers/corner-shops/smoke', name), 'utf8');
/** Port 9 (discard) on loopback: nobody answers there. */
const NOBODY = 'http://127.0.0.1:9';
const TENANTS = `shared: { url: "${NOBODY}" }
tenants: [{ name: harbour }, { name: market, apiKeyFrom: SMOKE_MARKET }]
`;

let job: Job;
let github: GitHubStandIn;
beforeEach(async () => {
  job = await newJob();
});
afterEach(async () => {
  await github.stop();
  await job.remove();
});

async function run(files: Record<string, string>, inputs: Record<string, string>) {
  github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { '.github/release-policy.yml': GOOD_POLICY, 'smoke/tenants.yml': TENANTS, ...files },
    permissions: { contents: 'read' },
  });
  return runBundle(bundle, job, {
    inputs: {
      ...COMMON_INPUTS,
      'github-token': github.token,
      'api-key': 'key-of-the-smoke-user-4c1d',
      tenants: 'smoke/tenants.yml',
      ...inputs,
    },
    env: { SMOKE_MARKET: 'key-of-the-market-77aa01' },
    apiUrl: github.url,
  });
}

it('names each tenant that nobody answers for, and keeps the key of its variable to itself', async () => {
  const ran = await run({ 'smoke/flows.ts': retailer('flows.ts') }, { 'flows-file': 'smoke/flows.ts' });
  expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' } });
  expect(ran.summary).toMatch(/2 tenants: 0 passed, 0 failed, 2 not known/);
  const verdict = JSON.parse(ran.left['tillgate-documents/smoke-retail-flows.json'] ?? '');
  expect(verdict.coverage).toEqual({ expected: 2, missing: ['harbour', 'market'] });
  expect(ran.left['tillgate-documents/smoke-junit.xml']).toMatch(/<testsuite name="market" tests="1" .*errors="1"/);
  expect(JSON.stringify(ran)).not.toContain('key-of-the-market-77aa01');
});

it.each([
  ['flows.ts', 'const a = 1;\nenum B { c }\nexport default () => [];\n', /smoke\/flows\.ts, line 2: .*enum/],
  ['flows.yml', 'flows:\n  own:\n    titles: Own\n', /smoke\/flows\.yml, line 3, column 5: .*did you mean "title"/],
])('says where own flows are wrong: %s', async (name, text, reason) => {
  const ran = await run({ [`smoke/${name}`]: text }, { 'flows-file': `smoke/${name}` });
  expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' } });
  expect(ran.log).toMatch(reason);
});

it('takes no secret of the job from a list of tenants', async () => {
  const stolen = TENANTS.replace('SMOKE_MARKET', 'GITHUB_TOKEN');
  const ran = await run({ 'smoke/tenants.yml': stolen }, {});
  expect(ran).toMatchObject({ code: 1, outputs: { outcome: 'inconclusive' } });
  expect(ran.log).toMatch(/smoke\/tenants\.yml, line 2, column 46: .*begins with SMOKE_/);
});
