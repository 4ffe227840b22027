import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { FileAuth } from '@kubernetes/client-node/dist/file_auth.js';
import { KubernetesError } from './errors.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** What each request to a cluster carries: the connection that it goes over, and who asks. */
type Access = () => Promise<Pick<RequestOptions, 'agent' | 'auth'> & { headers: Record<string, string> }>;

/**
 * The way to a cluster. Credentials are asked for with each request, because those of a program expire; the connection is
 * kept.
 *
 * @throws KubernetesError for a user who logs in by something that is not known here
 */
export function accessTo({ cluster, user }: Kubeconfig): Access {
  const login = loginOf(user);
  let agent: HttpAgent | undefined;
  return async () => {
    const headers: Record<string, string> = {};
    const own: RequestOptions & { headers: typeof headers } = { headers };
    if (user?.impersonateUser) headers['Impersonate-User'] = user.impersonateUser;
    if (user) await login?.applyAuthentication(user, own);
    if (user?.token) headers.Authorization = `Bearer ${user.token}`;
    agent ??= await agentFor(cluster, {
      keepAlive: true,
      maxSockets: 16,
      ...tlsOf(cluster, user),
      ...(own.cert && { cert: own.cert }),
      ...(own.key && { key: own.key }),
    });
    return { agent, headers, ...(user?.username && { auth: `${user.username}:${user.password ?? ''}` }) };
  };
}

/** Programs that give credentials, and files that are written anew. */
function loginOf(user: User | undefined): ExecAuth | FileAuth | undefined {
  if (!user) return undefined;
  const login = [new ExecAuth(), new FileAuth()].find((one) => one.isAuthProvider(user));
  if (!login && user.authProvider)
    throw new KubernetesError(
      'kubeconfig',
      `The user of the kubeconfig logs in by the auth-provider "${user.authProvider.name}", which is not known here. Name a program that gives credentials (\`exec\`), or a token of a service account.`,
    );
  return login;
}

function tlsOf(cluster: Cluster, user: User | undefined): AgentOptions {
  const ca = contentOf(cluster.caFile, cluster.caData);
  const cert = contentOf(user?.certFile, user?.certData);
  const key = contentOf(user?.keyFile, user?.keyData);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
    ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
  };
}

/** @throws KubernetesError where a file that is named cannot be read */
function contentOf(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (!file) return data ? Buffer.from(data, 'base64') : undefined;
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new KubernetesError('kubeconfig', `The kubeconfig names the file ${file}, which cannot be read here.`, {
      cause,
    });
  }
}

/** Connections to a cluster, through the proxy that the kubeconfig names; proxies are loaded where there is one. */
async function agentFor({ server, proxyUrl }: Cluster, options: AgentOptions): Promise<HttpAgent> {
  const plain = server.startsWith('http:');
  if (!proxyUrl) return plain ? new HttpAgent(options) : new Agent(options);
  if (proxyUrl.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxyUrl, options);
  }
  const { HttpProxyAgent, HttpsProxyAgent } = await import('hpagent');
  return plain
    ? new HttpProxyAgent({ ...options, proxy: proxyUrl })
    : new HttpsProxyAgent({ ...options, proxy: proxyUrl });
}
