import { InputError } from '@tillgate/action-kit';
import { Refused } from '@tillgate/delivery';
import { deploymentNamed, type Environment } from '@tillgate/delivery/cluster';
import { parseKeySet, type Signer, signerFromPem } from '@tillgate/signing';
import { REASON_LIMIT } from './inputs.ts';
import type { RollBackFrame } from './roll-back.ts';

type Inputs = RollBackFrame['inputs'];

/** What the record will say of it. Asked before anything is touched: a record that cannot be signed would come after it. */
export function reasonIn({ reason }: Inputs): string {
  const said = reason.trim();
  if (said === '') throw new InputError('reason is empty: say why it is taken back, for whoever releases it again.');
  if (said.length > REASON_LIMIT)
    throw new InputError(`reason has ${said.length} characters; the recovery record takes ${REASON_LIMIT}.`);
  return said;
}

/** The Deployment that the input names. */
export function deploymentIn({ workload }: Inputs): string {
  try {
    return deploymentNamed(workload);
  } catch (cause) {
    throw new InputError((cause as Error).message);
  }
}

/**
 * Both are asked for before anything is touched: the name, typed, and a key that may sign what is left behind.
 *
 * @throws Refused, InputError
 */
export function signerIn(inputs: Inputs, { environment, keys }: Environment, kind: 'delivery' | 'recovery'): Signer {
  if (inputs.confirm !== environment) {
    throw new Refused(
      `confirm is "${inputs.confirm.slice(0, 100)}"; to go back for real, type the name of the environment: ${environment}.`,
    );
  }
  const pem = inputs['signing-key'];
  if (pem === undefined) throw new InputError('signing-key is missing: a rollback leaves a signed record.');
  const signer = signerFromPem(pem);
  const known = parseKeySet(Buffer.from(keys)).keys.get(signer.keyId);
  if (known?.kinds.includes(kind) && !known.revoked) return signer;
  throw new Refused(
    `The signing key (${signer.keyId}) may not sign ${kind} records of ${environment}. Use a key of kind "${kind}".`,
  );
}
