import { type Artifact, FLOOR_CLASSES, isSha256, MODES, type Subject, subjectOf } from '@tillgate/release';
import { choice, InputFault, path, secret, text, type Values } from './input-kinds.ts';
import { InputError } from './read-inputs.ts';

const POLICY_PATH = '.github/release-policy.yml';

const floor = choice(FLOOR_CLASSES, {
  description: 'The least strict class this release may have. It can only tighten what the policy says.',
  optional: true,
});

const releaseClass: typeof floor = {
  ...floor,
  parse(given) {
    if (given === 'emergency')
      throw new InputFault(
        'is "emergency", which no input can ask for: an emergency is declared in the policy, under `emergencies`, and approved by another person',
      );
    return floor.parse(given);
  },
};

/** Inputs of everything that speaks of a release under a policy. */
export const releaseInputs = {
  policy: text({ description: 'Path of the release policy on the default branch.', default: POLICY_PATH }),
  'release-class': releaseClass,
  environment: text({ description: 'Where the release is to go, as the policy names it.' }),
  image: text({ description: 'The image by digest: `name@sha256:…`.', optional: true }),
  configuration: text({ description: 'The configuration by digest: `name@sha256:…`.', optional: true }),
  commit: text({ description: 'Full id of the commit that the release was made of.' }),
  'github-token': secret({
    description: 'Token that may read contents of this repository: the policy is read from the default branch with it.',
    default: '${{ github.token }}',
  }),
};

/** Inputs that every gate has. */
export const gateInputs = {
  ...releaseInputs,
  mode: choice(MODES, {
    description:
      '`enforce` decides; `report` only tells, never fails the job, and does not count where the class requires the gate.',
    default: 'enforce',
  }),
  document: path({
    description: 'File to write the verdict to. Default: `tillgate-documents/<gate>.json`.',
    optional: true,
  }),
};

/** The release that the inputs speak of. @throws InputError */
export function subjectFrom(inputs: Values<typeof releaseInputs>): Subject {
  const faults: string[] = [];
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(inputs.commit)) {
    faults.push(
      `commit is "${inputs.commit.slice(0, 80)}"; it takes the full id of a commit: 40 (or 64) lower-case hex digits.`,
    );
  }
  const artifacts: Artifact[] = [];
  for (const kind of ['image', 'configuration'] as const) {
    const given = inputs[kind];
    if (given === undefined) continue;
    try {
      artifacts.push(artifactFrom(kind === 'image' ? 'image' : 'config', given));
    } catch (cause) {
      faults.push(`${kind}: ${(cause as Error).message}`);
    }
  }
  if (inputs.image === undefined && inputs.configuration === undefined) {
    faults.push('image or configuration must be given: a release is something, by digest.');
  }
  if (faults.length > 0) throw new InputError(faults.join('\n'));
  return subjectOf({ commit: inputs.commit, environment: inputs.environment, artifacts });
}

/** Reads `[host/]name[:tag]@sha256:…`; host, tag and scheme are left out of the name. @throws InputFault */
export function artifactFrom(kind: Artifact['kind'], reference: string): Artifact {
  const at = reference.lastIndexOf('@');
  const digest = reference.slice(at + 1);
  if (at < 1 || !isSha256(digest)) {
    throw new InputFault(
      `"${reference.slice(0, 200)}" has no digest. A tag can be moved after it was judged: give the image as name@sha256:…`,
    );
  }
  const parts = reference
    .slice(0, at)
    .replace(/^(oci|docker-archive):/, '')
    .split('/');
  const first = parts[0] ?? '';
  const isHost = parts.length > 1 && (first === '' || first === 'localhost' || /^[A-Za-z0-9].*[.:]/.test(first));
  const name = (isHost ? parts.slice(1) : parts).join('/').replace(/:[^:/]*$/, '');
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,254}$/.test(name))
    throw new InputFault(`"${reference.slice(0, 200)}" has no usable name before its digest.`);
  return { kind, name, digest };
}
