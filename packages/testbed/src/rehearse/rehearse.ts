import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { digestOf, type Sha256 } from '@tillgate/release';
import type { Cluster } from '../cluster/start.ts';
import { component } from '../components/index.ts';
import { type GitHubStandIn, startGitHub } from '../github/index.ts';
import { startRegistry } from '../registry/index.ts';
import { behave } from '../shop/index.ts';
import { until } from '../until.ts';
import { makeCaller, POLICY_PATH } from './caller.ts';
import { keepFacts } from './facts-of-today.ts';
import { type PeopleSaw, peopleSaw } from './people.ts';
import { policyOfToday } from './policy-of-today.ts';
import { type ActRun, runAct } from './run-act.ts';
import { type RanAgain, runAgain } from './run-again.ts';
import type { Scenario } from './scenarios.ts';
import { type OpenShops, openShops, startFront } from './shops.ts';
import { copySuite, localRepositories } from './tree.ts';
import { trivyAlone } from './trivy-alone.ts';
import {
  letSkopeoReach,
  makeImages,
  makeProduction,
  publishDatabase,
  rehearsalKeys,
  startShopCluster,
} from './world.ts';

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
  /** What the people in the shops saw, from before the release until after it; undefined where nothing was delivered. */
  people: PeopleSaw | undefined;
  /** The job that was run again after its runner was lost, or the rollback that was dispatched. */
  after: RanAgain | ActRun | undefined;
  /** What the workload asks for at the end, and what the environment's head and quarantine are. */
  end: { image: string; head: string; quarantine: string } | undefined;
  /** What GitHub was told of the deployment, in order: state and description. */
  told: [state: string, description: string][];
  /** Milliseconds that each part took. */
  times: { preparing: number; running: number; trivy: number };
}

/** A promise that fails before anybody waits for it is no lost error: it fails again for whoever does. */
const whoeverWaitsIsTold = () => {};

const FACTS = 'odoo-facts';
/** Requests that the new version has answered before the machine is lost: the candidate is in the middle of its way. */
const MIDDLE = 50;

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
    // The cluster takes the longest and needs nothing of the others: it starts beside them.
    const starting = startShopCluster();
    ends.push(() => starting.then((cluster) => cluster.stop(), whoeverWaitsIsTold));
    const front = starting.then((cluster) => (scenario.delivery ? startFront(cluster) : undefined));
    front.catch(whoeverWaitsIsTold);
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
    const keys = rehearsalKeys(ENVIRONMENT);
    await writeFile(join(into, 'keys.json'), JSON.stringify(keys.keySet, null, 2));

    const { github, runId, commit } = await startHub(caller.policy);
    ends.push(() => github.stop());
    say('images, cluster with the shops in production');
    const images = await makeImages(registry, join(scratch, 'images'), scenario, commit);
    const production = await makeProduction(root, await starting, caller.folder, images.production.reference, {
      policy: digestOf(caller.policy),
      keySet: keys.keySet,
    });
    await keepFacts(artifacts, FACTS, { old: images.production.digest, new: images.candidate.digest });
    const { delivery } = scenario;
    let shops: OpenShops | undefined;
    const before = await front;
    if (delivery && before) {
      say('Traefik, Prometheus, and people in the shops');
      await behave(production.cluster.bed, images.candidate.byDigest, delivery.candidate);
      shops = await openShops(root, production.cluster, before, caller.folder);
    }
    const suite = join(scratch, 'suite');
    await copySuite(root, suite);
    const preparing = performance.now() - began;

    const secrets: Record<string, string> = {
      OBSERVE_KUBECONFIG: production.observerKubeconfig,
      SIGNING_KEY: keys.release,
      DEPLOY_KUBECONFIG: production.deployerKubeconfig,
      DELIVERY_KEY: keys.delivery,
      GITHUB_TOKEN: github.token,
    };
    const runner: Record<string, string> = {
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: 'corner-shops/shops',
      GITHUB_RUN_ID: String(runId),
      GITHUB_RUN_ATTEMPT: '1',
      TILLGATE_ARTIFACTS: artifacts,
    };
    const home = {
      ...skopeo.env,
      PATH: [dirname(process.execPath), dirname(skopeo.path), process.env.PATH ?? ''].join(delimiter),
      HOME: scratch,
    };
    const repositories = await localRepositories(root, suite);
    const dispatch = (workflow: string, inputs: Readonly<Record<string, string>>, fate: Fate = {}) =>
      runAct({
        act: act.path,
        args: [
          ...['workflow_dispatch', '-W', `.github/workflows/${workflow}`, '-P', 'ubuntu-latest=-self-hosted'],
          ...repositories,
          ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
          ...Object.keys(secrets).flatMap((name) => ['-s', name]),
          ...Object.entries(runner).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ],
        cwd: caller.folder,
        env: { ...home, ...secrets },
        onStep: ({ step, result, millis }) => onStep?.(step, result, millis),
        timeoutMs: 10 * 60_000,
        ...fate,
      });
    const started = performance.now();
    const run = await dispatch(
      'release.yml',
      {
        image: images.candidate.reference,
        commit,
        'trivy-path': trivy.path,
        'db-repository': database.repository,
        'odoo-facts': FACTS,
        'prometheus-url': shops?.prometheusUrl ?? '',
      },
      shops ? fateOf(delivery, shops, images.candidate.digest) : {},
    );
    const record = join(artifacts, 'tillgate-record', 'release-record.json');
    let after: RanAgain | ActRun | undefined;
    if (delivery?.runnerDies && shops) {
      say('the machine was lost in the middle of the canary; the job is run again on another one');
      after = await runAgain({
        suite,
        action: 'canary-deploy',
        inputs: {
          namespace: 'shop',
          workload: 'deployment/odoo',
          record,
          'prometheus-url': shops.prometheusUrl,
          kubeconfig: secrets.DEPLOY_KUBECONFIG as string,
          'signing-key': keys.delivery,
          'github-token': github.token,
        },
        workspace: join(into, 'again'),
        env: { ...home, ...runner, GITHUB_RUN_ATTEMPT: '2' },
      });
    }
    if (delivery?.rolledBack && shops) {
      say('somebody dispatches the rollback');
      after = await dispatch('rollback.yml', {
        environment: ENVIRONMENT,
        reason: 'Card numbers of some customers are wrong.',
        execute: 'true',
        confirm: ENVIRONMENT,
        'prometheus-url': shops.prometheusUrl,
      });
    }
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
      record,
      log,
      people: shops && peopleSaw(await shops.load.stop()),
      after,
      end: delivery && (await endOf(production.cluster)),
      told: [...github.repository.deployments.values()]
        .filter(({ description }) => (description ?? '').startsWith('Release record'))
        .flatMap(({ statuses }) => statuses.map(({ state, description }): [string, string] => [state, description])),
      times: { preparing, running, trivy: alone },
    };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** What befalls a run from outside. */
type Fate = Pick<Parameters<typeof runAct>[0], 'lostWhen' | 'cancelled'>;

function fateOf(delivery: Scenario['delivery'], shops: OpenShops, candidate: Sha256): Fate {
  if (delivery?.runnerDies) return { lostWhen: servedBy(shops, candidate) };
  if (delivery?.cancelled) return { cancelled: { when: servedBy(shops, candidate), program: 'canary-deploy/dist' } };
  return {};
}

/** When people have been served by a version for a while. */
async function servedBy({ load }: OpenShops, version: Sha256): Promise<void> {
  const served = async () => ((await load.record()).count((row) => row.version).get(version) ?? 0) > MIDDLE;
  await until('the candidate serves people', served, 120_000);
}

async function endOf({ api }: Cluster): Promise<NonNullable<Rehearsed['end']>> {
  const at = '/namespaces/shop';
  const deployment = await api.get<{ spec: { template: { spec: { containers: { image: string }[] } } } }>(
    `/apis/apps/v1${at}/deployments/odoo`,
  );
  const { data } = await api.get<{ data: Record<string, string> }>(`/api/v1${at}/configmaps/tillgate-environment`);
  return {
    image: deployment.spec.template.spec.containers[0]?.image ?? '',
    head: data.head ?? '',
    quarantine: data.quarantine ?? '',
  };
}

/** The stand-in for GitHub: the shops' repository, a run, and one approval by somebody who had no hand in it. */
async function startHub(policy: string): Promise<{ github: GitHubStandIn; runId: number; commit: string }> {
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { [POLICY_PATH]: policy },
    permissions: { actions: 'read', contents: 'read', deployments: 'write', 'pull-requests': 'read' },
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
