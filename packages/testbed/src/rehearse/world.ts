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
import type { Scenario } from './scenarios.ts';

const OBSERVER = 'tillgate-observe';
const IMAGE_NAME = 'corner-shops/odoo';
const DATABASE_NAME = 'mirror/trivy-db';

/** libwebp7 as Debian 12 shipped it before DSA-5497-2 mended CVE-2023-4863. */
const UNMENDED = { libwebp7: '1.2.4-0.2' };
const MENDED = { libwebp7: '1.2.4-0.2+deb12u1' };

/** Images in a real registry: what production runs, and the candidate. */
export interface Images {
  production: { reference: string; digest: Sha256 };
  candidate: { reference: string; digest: Sha256 };
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
    return pushImage(registry, layout, IMAGE_NAME, version);
  };
  return {
    production: await push('19.0.1', MENDED),
    candidate: await push('19.0.2', scenario.vulnerable ? UNMENDED : MENDED),
  };
}

/** A vulnerability database that the real Trivy reads. */
export interface Database {
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

/** A key that signs in rehearsals only, and the key set that knows it so. */
export function rehearsalKey(environment: string): { privatePem: string; keySet: KeySetFile } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    keySet: {
      schema: KEY_SET_SCHEMA,
      environments: [{ name: environment, test: true }],
      keys: [
        {
          id: publicKeyFromPem(pem).keyId,
          publicKey: pem,
          environments: [environment],
          kinds: ['release'],
          test: true,
        },
      ],
    },
  };
}

/** The production cluster of the shops, with what the platform team puts there. */
export interface Production {
  cluster: Cluster;
  /** Text of a kubeconfig with the rights of deploy/roles/observe.yaml and no other. */
  observerKubeconfig: string;
}

/** Starts a cluster that runs the production image, with the environment object and the observer's rights. */
export async function startProduction(
  root: string,
  caller: string,
  image: string,
  environment: { policy: Sha256; keySet: KeySetFile },
): Promise<Production> {
  const cluster = await startCluster({ users: [{ name: OBSERVER }] });
  try {
    await cluster.kubectl(['create', 'namespace', 'shop']);
    await cluster.kubectl(['apply', '-f', '-'], await workloadWith(join(caller, 'deploy/odoo.yaml'), image));
    await cluster.kubectl(['apply', '-f', join(root, 'deploy/roles/observe.yaml')]);
    await cluster.kubectl(
      ['apply', '-f', '-'],
      await environmentObject(join(root, 'deploy/environment.yaml'), environment),
    );
    await cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--namespace=shop', '--timeout=60s']);
    return { cluster, observerKubeconfig: await readFile(await cluster.kubeconfigOf(OBSERVER), 'utf8') };
  } catch (cause) {
    await cluster.stop();
    throw cause;
  }
}

async function workloadWith(file: string, image: string): Promise<string> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  for (const document of documents) {
    const container = ['spec', 'template', 'spec', 'containers', 0, 'image'];
    if (document.hasIn(container)) document.setIn(container, image);
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
