import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Someone the API server knows by a token. */
export interface User {
  name: string;
  groups?: readonly string[];
}

/** Users a cluster needs for itself. */
export const systemUsers = {
  admin: { name: 'admin', groups: ['system:masters'] },
  controllers: { name: 'system:kube-controller-manager', groups: ['system:masters'] },
  scheduler: { name: 'system:kube-scheduler', groups: [] },
  kwok: { name: 'kwok', groups: ['system:masters'] },
  pods: { name: 'pods', groups: ['system:masters'] },
} as const satisfies Record<string, User>;

/** A user with its token. */
export interface Credential extends User {
  token: string;
}

/** Writes what the API server must know before it starts: tokens, and the key that signs those of service accounts. */
export async function writeCredentials(folder: string, users: readonly User[]): Promise<Credential[]> {
  const credentials = users.map((user) => ({ ...user, token: randomBytes(16).toString('hex') }));
  const lines = credentials.map(({ token, name, groups }) => `${token},${name},${name},"${(groups ?? []).join(',')}"`);
  await writeFile(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(folder, 'accounts.key'), privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(folder, 'accounts.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  return credentials;
}

/** A kubeconfig for one user. It trusts the API server's own certificate and nothing else. */
export async function kubeconfigFor(folder: string, user: Credential, port: number): Promise<string> {
  const authority = (await readFile(join(folder, 'apiserver.crt'))).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'testbed',
    clusters: [
      { name: 'testbed', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': authority } },
    ],
    users: [{ name: user.name, user: { token: user.token } }],
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user: user.name, namespace: 'default' } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
