import { describe, expect, it } from '@jest/globals';
import { KubernetesError } from './errors.ts';
import { readKubeconfig } from './kubeconfig.ts';

describe('a kubeconfig', () => {
  const contexts = [{ name: 'c', context: { cluster: 'k', user: 'a' } }];
  const over = (server: string, cluster: object = {}) => [{ name: 'k', cluster: { server, ...cluster } }];

  it('tells what in it must never be shown', () => {
    const users = [
      { name: 'a', user: { token: 'token-1', 'client-key-data': Buffer.from('key-1').toString('base64') } },
      {
        name: 'b',
        user: { username: 'not-secret', password: 'password-1', 'client-certificate-data': 'bm90IHNlY3JldA==' },
      },
      {
        name: 'c',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: 'login',
            env: [{ name: 'N', value: 'env-1' }],
          },
        },
      },
      { name: 'd', user: { 'auth-provider': { name: 'oidc', config: { 'refresh-token': 'refresh-1' } } } },
    ];
    const clusters = over('https://127.0.0.1:9');
    const { credentials } = readKubeconfig(JSON.stringify({ 'current-context': 'c', clusters, contexts, users }));
    expect([...credentials].sort()).toEqual(['a2V5LTE=', 'env-1', 'key-1', 'password-1', 'refresh-1', 'token-1']);
  });

  it.each([
    [''],
    ['{'],
    ['- a'],
    ['clusters: []'],
    ['current-context: gone\nclusters: []\nusers: []\ncontexts: []'],
    [': : :'],
    [JSON.stringify({ 'current-context': 'c', contexts })],
  ])('that is %j is refused', (text) => {
    expect(() => readKubeconfig(text)).toThrow(KubernetesError);
  });

  it('that would send credentials over http is refused, unless it says that it means it', () => {
    const text = (clusters: object) => JSON.stringify({ 'current-context': 'c', contexts, clusters });
    expect(() => readKubeconfig(text(over('http://10.0.0.1')))).toThrow(/over http/);
    const meant = over('http://10.0.0.1', { 'insecure-skip-tls-verify': true });
    expect(readKubeconfig(text(meant)).cluster.server).toBe('http://10.0.0.1');
  });
});
