import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '@tillgate/release';
import { KEY_SET_SCHEMA, type KeySetFile, publicKeyFromPem } from '@tillgate/signing';
import { parseAllDocuments } from 'yaml';
import { type Cluster, startCluster } from '../cluster/start.ts';
import {
  makeDatabase,
  makeDatabaseLayout,
  makeShopImage,
  pushImage,
  type Registry,
  shopPackages,
} from '../registry/index.ts';
import { shopRuntime } from '../shop/index.ts';
import type { Scenario } from './scenarios.ts';

const OBSERVER = 'tillgate-observe';
const DEPLOYER = 'tillgate-deploy';
/** Ends as the test bed's shops do: their pods become shop servers. */
const IMAGE_NAME = 'corner-shops/odoo-shop';
const DATABASE_NAME = 'mirror/trivy-db';

/** libwebp7 as Debian 12 shipped it before DSA-5497-2 mended CVE-2023-4863. */
const UNMENDED = { libwebp7: '1.2.4-0.2' };
const MENDED = { libwebp7: '1.2.4-0.2+deb12u1' };

/** Images in a real registry: what production runs, and the candidate. */
export interface Images {
  production: PushedImage;
  candidate: PushedImage;
}

interface PushedImage {
  reference: string;
  digest: Sha256;
  /** Without the tag, as a delivery writes it into the workload. */
  byDigest: string;
}

/** Makes both images and pushes them; the candidate of a vulnerable scenario brings an old libwebp. */
export async function makeImages(
  registry: Registry,
  folder: string,
  scenario: Scenario,
  commit: string,
): Promise<Images> {
  const push = async (version: string, changed: Readonly<Record<string, string>>) => {
    const labels = { 'org.opencontainers.image.revision': commit };
    const layout = await makeShopImage({
      version,
      packages: shopPackages(changed),
      labels,
      into: join(folder, version),
    });
    const pushed = await pushImage(registry, layout, IMAGE_NAME, version);
    return { ...pushed, byDigest: `${registry.host}/${IMAGE_NAME}@${pushed.digest}` };
  };
  const [production, candidate] = await Promise.all([
    push('19.0.1', MENDED),
    push('19.0.2', scenario.vulnerable ? UNMENDED : MENDED),
  ]);
  return { production, candidate };
}

/** A vulnerability database that the real Trivy reads. */
interface Database {
  folder: string;
  /** Where the registry holds it. */
  repository: string;
}

/** Publishes a database of the facts in vulnerabilities.yaml, as its makers would do at this moment. */
export async function publishDatabase(registry: Registry, folder: string): Promise<Database> {
  await makeDatabase(join(import.meta.dirname, 'vulnerabilities.yaml'), folder, Date.now());
  const layout = await makeDatabaseLayout(folder, join(folder, 'layout'));
  await pushImage(registry, layout, DATABASE_NAME, '2');
  return { folder, repository: `${registry.host}/${DATABASE_NAME}` };
}

/** Settings for the user whose home this is: the test bed's registry speaks HTTP, and its images are not signed. */
export async function letSkopeoReach(registry: Registry, home: string): Promise<void> {
  const folder = join(home, '.config', 'containers');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'registries.conf'), `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`);
  await writeFile(join(folder, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
}

/** Keys that sign in rehearsals only: one for releases, one for what is done with them, and the key set that knows both. */
export function rehearsalKeys(environment: string): { release: string; delivery: string; keySet: KeySetFile } {
  const make = (kinds: KeySetFile['keys'][number]['kinds']) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    return {
      privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      entry: { id: publicKeyFromPem(pem).keyId, publicKey: pem, environments: [environment], kinds, test: true },
    };
  };
  const [release, delivery] = [make(['release']), make(['delivery', 'recovery'])];
  return {
    release: release.privatePem,
    delivery: delivery.privatePem,
    keySet: {
      schema: KEY_SET_SCHEMA,
      environments: [{ name: environment, test: true }],
      keys: [release.entry, delivery.entry],
    },
  };
}

/** The production cluster of the shops, with what the platform team puts there. */
export interface Production {
  cluster: Cluster;
  /** Texts of kubeconfigs with the rights of deploy/roles/observe.yaml and deploy.yaml, and no other. */
  observerKubeconfig: string;
  deployerKubeconfig: string;
}

/** Starts a cluster whose shops are real processes, and that knows who will observe it and deliver to it. */
export function startShopCluster(): Promise<Cluster> {
  return startCluster({ users: [{ name: OBSERVER }, { name: DEPLOYER }], runtimes: [shopRuntime] });
}

/** Lets a cluster run the production image, with the environment object and the rights of those who come. */
export async function makeProduction(
  root: string,
  cluster: Cluster,
  caller: string,
  image: string,
  environment: { policy: Sha256; keySet: KeySetFile },
): Promise<Production> {
  const apply = (args: readonly string[], input?: string) =>
    cluster.kubectl(['apply', '--server-side', ...args], input);
  await cluster.kubectl(['create', 'namespace', 'shop']);
  const workload = join(caller, 'deploy/odoo.yaml');
  const giveWorkload = async () => {
    await apply(['--field-manager=platform', '-f', '-'], await workloadWith(workload, image));
    // The image is handed over to deliveries: given to them, then left out by its first owner.
    await apply(['--field-manager=tillgate', '-f', '-'], imageAlone(image));
    await apply(['--field-manager=platform', '-f', '-'], await workloadWith(workload, undefined));
    await cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--namespace=shop', '--timeout=110s']);
  };
  await Promise.all([
    giveWorkload(),
    apply(['-f', join(root, 'deploy/roles/observe.yaml')]),
    apply(['-f', join(root, 'deploy/roles/deploy.yaml')]),
    apply(['-f', '-'], await environmentObject(join(root, 'deploy/environment.yaml'), environment)),
  ]);
  const kubeconfig = async (user: string) => readFile(await cluster.kubeconfigOf(user), 'utf8');
  return { cluster, observerKubeconfig: await kubeconfig(OBSERVER), deployerKubeconfig: await kubeconfig(DEPLOYER) };
}

/** What a delivery owns of the workload. */
function imageAlone(image: string): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'odoo', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'odoo', image }] } } },
  });
}

/** The caller's workload with this image, or without any: then it is somebody else's. */
async function workloadWith(file: string, image: string | undefined): Promise<string> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  for (const document of documents) {
    const container = ['spec', 'template', 'spec', 'containers', 0, 'image'];
    if (!document.hasIn(container)) continue;
    if (image === undefined) document.deleteIn(container);
    else document.setIn(container, image);
  }
  return documents.map(String).join('---\n');
}

async function environmentObject(
  file: string,
  { policy, keySet }: { policy: Sha256; keySet: KeySetFile },
): Promise<string> {
  const [document] = parseAllDocuments(await readFile(file, 'utf8'));
  if (!document) throw new Error(`${file} is empty.`);
  document.setIn(['data', 'policy'], policy);
  document.setIn(['data', 'keys'], JSON.stringify(keySet));
  return String(document);
}
