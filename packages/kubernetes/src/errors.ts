/** Why the API server did not answer as needed. */
export type Reason = 'kubeconfig' | 'unreachable' | 'unauthorized' | 'forbidden' | 'not-found' | 'throttled' | 'server';

/** Raised when the cluster did not give what was asked for; the message says what to do. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Turns what the client library throws into an error that names cause and remedy. `about` is what was asked for. */
export function classify(thrown: unknown, about: string): KubernetesError {
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  const options = { cause: thrown };
  if (code === 401)
    return new KubernetesError(
      'unauthorized',
      `The API server does not know who asks for ${about} (401). The token in the kubeconfig is wrong or has expired.`,
      options,
    );
  if (code === 403)
    return new KubernetesError(
      'forbidden',
      `The API server refuses to show ${about} (403). Bind the Role in deploy/roles/observe.yaml to this account.`,
      options,
    );
  if (code === 404) return new KubernetesError('not-found', `There is no ${about} (404).`, options);
  if (code === 429)
    return new KubernetesError(
      'throttled',
      `The API server is too busy to show ${about} (429). Run the job again.`,
      options,
    );
  if (typeof code === 'number')
    return new KubernetesError('server', `The API server answered ${code} when asked for ${about}.`, options);
  return new KubernetesError(
    'unreachable',
    `The API server could not be asked for ${about}: ${typeof message === 'string' ? message.slice(0, 300) : 'no reason was given'}. Is its address in the kubeconfig reachable from this runner?`,
    options,
  );
}
