import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { digestOf, type Sha256 } from '@tillgate/release';
import { component } from '../components/index.ts';
import { type GitHubStandIn, startGitHub } from '../github/index.ts';
import { startRegistry } from '../registry/index.ts';
import { makeCaller, POLICY_PATH } from './caller.ts';
import { policyOfToday } from './policy-of-today.ts';
import { type ActRun, runAct } from './run-act.ts';
import type { Scenario } from './scenarios.ts';
import { copySuite, localRepositories } from './tree.ts';
import { trivyAlone } from './trivy-alone.ts';
import { letSkopeoReach, makeImages, publishDatabase, rehearsalKey, startProduction } from './world.ts';

const ENVIRONMENT = 'production';
const EXAMPLE = 'test/retailers/corner-shops';

/** What a rehearsal left behind. */
export interface Rehearsed {
  run: ActRun;
  /** What the cluster was made to run, and what the release is about. */
  images: { production: Sha256; candidate: Sha256 };
  /** Folder with the artifacts of the run: documents, decision, record. */
  artifacts: string;
  keys: string;
  record: string;
  log: string;
  /** Milliseconds that each part took. */
  times: { preparing: number; running: number; trivy: number };
}

export interface RehearseOptions {
  /** The root of this tree. */
  root: string;
  scenario: Scenario;
  /** A folder that gets what the rehearsal leaves; it is emptied first. */
  into: string;
  say(line: string): void;
  onStep?: (name: string, result: string, millis: number) => void;
  /** Also take the time that Trivy by itself needs for the same scans. */
  measureTrivy?: boolean;
}

/**
 * Runs the example caller's release workflow, as its owner would, against the workflows, actions and bundles
 * of this tree: real act, Trivy, registry, cluster; a stand-in for GitHub's API only.
 */
export async function rehearse({
  root,
  scenario,
  into,
  say,
  onStep,
  measureTrivy = false,
}: RehearseOptions): Promise<Rehearsed> {
  const began = performance.now();
  const scratch = await mkdtemp(join(tmpdir(), 'tillgate-rehearsal-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(scratch, { recursive: true, force: true })];
  try {
    await rm(into, { recursive: true, force: true });
    const artifacts = join(into, 'artifacts');
    await mkdir(artifacts, { recursive: true });

    say('components: act, trivy, fixture database, registry, skopeo, cluster');
    const [act, trivy, skopeo] = [await component('act'), await component('trivy'), await component('skopeo')];
    const registry = await startRegistry();
    ends.push(() => registry.stop());
    const database = await publishDatabase(registry, join(scratch, 'db'));
    await letSkopeoReach(registry, scratch);
    const trivyDigest = digestOf(await readFile(trivy.path));
    const caller = await makeCaller(join(root, EXAMPLE), join(scratch, 'caller'), (policy) =>
      policyOfToday(policy, {
        trivy: { version: trivy.version, sha256: trivyDigest },
        database: database.repository,
        frozen: scenario.frozen,
        now: Date.now(),
      }),
    );
    const key = rehearsalKey(ENVIRONMENT);
    await writeFile(join(into, 'keys.json'), JSON.stringify(key.keySet, null, 2));

    const { github, runId, commit } = await startHub(caller.policy);
    ends.push(() => github.stop());
    say('images, cluster with the shops in production');
    const images = await makeImages(registry, join(scratch, 'images'), scenario, commit);
    const production = await startProduction(root, caller.folder, images.production.reference, {
      policy: digestOf(caller.policy),
      keySet: key.keySet,
    });
    ends.push(() => production.cluster.stop());
    const suite = join(scratch, 'suite');
    await copySuite(root, suite);
    const preparing = performance.now() - began;

    const args = [
      'workflow_dispatch',
      '-W',
      '.github/workflows/release.yml',
      '-P',
      'ubuntu-latest=-self-hosted',
      ...(await localRepositories(root, suite)),
      ...Object.entries({
        image: images.candidate.reference,
        commit,
        'trivy-path': trivy.path,
        'db-repository': database.repository,
      }).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...['OBSERVE_KUBECONFIG', 'SIGNING_KEY', 'GITHUB_TOKEN'].flatMap((name) => ['-s', name]),
      ...Object.entries({
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: 'corner-shops/shops',
        GITHUB_RUN_ID: String(runId),
        GITHUB_RUN_ATTEMPT: '1',
        TILLGATE_ARTIFACTS: artifacts,
      }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ];
    const started = performance.now();
    const run = await runAct({
      act: act.path,
      args,
      cwd: caller.folder,
      env: {
        ...skopeo.env,
        PATH: [dirname(process.execPath), dirname(skopeo.path), process.env.PATH ?? ''].join(delimiter),
        HOME: scratch,
        OBSERVE_KUBECONFIG: production.observerKubeconfig,
        SIGNING_KEY: key.privatePem,
        GITHUB_TOKEN: github.token,
      },
      onStep: ({ step, result, millis }) => onStep?.(step, result, millis),
      timeoutMs: 10 * 60_000,
    });
    const running = performance.now() - started;
    const log = join(into, 'act.log');
    await writeFile(log, run.lines.join('\n'));
    const both = [images.candidate.reference, images.production.reference];
    const alone = measureTrivy ? await trivyAlone(trivy.path, database.folder, both, scratch) : 0;
    return {
      run,
      images: { production: images.production.digest, candidate: images.candidate.digest },
      artifacts,
      keys: join(into, 'keys.json'),
      record: join(artifacts, 'tillgate-record', 'release-record.json'),
      log,
      times: { preparing, running, trivy: alone },
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** The stand-in for GitHub: the shops' repository, a run, and one approval by somebody who had no hand in it. */
async function startHub(policy: string): Promise<{ github: GitHubStandIn; runId: number; commit: string }> {
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { [POLICY_PATH]: policy },
    permissions: { actions: 'read', contents: 'read', 'pull-requests': 'read' },
  });
  const { repository, state } = github;
  const [author, approver] = [state.person('shop-developer'), state.person('shop-release-manager')];
  const commit = repository.commit({
    author,
    message: 'Card number on the customer form',
    files: { 'addons/corner_loyalty/VERSION': '19.0.2\n' },
  });
  const environment = repository.addEnvironment(`${ENVIRONMENT}-approval`, {
    reviewers: [approver],
    preventSelfReview: true,
  });
  const run = repository.addRun({
    actor: author,
    event: 'workflow_dispatch',
    headSha: commit,
    waitingFor: [environment.name],
  });
  repository.answer(run, [environment.id], approver, 'approved', 'Read the assessment');
  return { github, runId: run.id, commit };
}
