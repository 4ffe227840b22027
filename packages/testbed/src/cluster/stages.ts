import { NODE_PORT } from '../bed/networks.ts';

/**
 * What becomes of a pod that is no process, told to KWOK as Stages.
 *
 * The behaviour is asked for by the annotation `tillgate.dev/pod`, or by the last part of the image's
 * name (`example.test/crash-loop:1`). `tillgate.dev/after` sets the time it takes, such as `3s`.
 */
const behaviours = {
  ready: 'is ready at once; in a Job it succeeds',
  'slow-ready': 'runs at once and is ready later (10 s unless told)',
  'never-ready': 'runs and is never ready',
  'crash-loop': 'ends with exit code 1 and is started again, for ever',
  'crash-later': 'is ready, and later (10 s unless told) begins to crash',
  'image-missing': 'stays Pending: its image cannot be pulled',
  fails: 'ends with exit code 1; in a Job that is a failure',
} as const;

export type Behaviour = keyof typeof behaviours;

const known = JSON.stringify(Object.fromEntries(Object.keys(behaviours).map((name) => [name, true])));
const asked =
  '.metadata.annotations["tillgate.dev/pod"] // (.spec.containers[0].image | split("@")[0] | split("/") | last | split(":")[0])';
/** jq: the behaviour of a pod; whatever has no name here is `ready`. */
const behaviourOf = `((${asked}) as $b | if ${known}[$b] then $b else "ready" end)`;

interface Selector {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

const is = (...names: Behaviour[]): Selector => ({ key: behaviourOf, operator: 'In', values: names });
const phase = (...values: string[]): Selector => ({ key: '.status.phase', operator: 'In', values });
const living: Selector = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const ready = (yes: boolean): Selector => ({
  key: '.status.conditions[] | select(.type == "Ready") | .status',
  operator: yes ? 'In' : 'NotIn',
  values: ['True'],
});
const started = (yes: boolean): Selector => ({
  key: '.status.containerStatuses[0].name',
  operator: yes ? 'Exists' : 'DoesNotExist',
});
const inJob: Selector = { key: '.metadata.ownerReferences[].kind', operator: 'In', values: ['Job'] };
/** How often a crash-looping container was started, and whether it runs now, as `running` or `waiting`. */
const stateOf = (state: 'running' | 'waiting'): Selector => ({
  key: `.status.containerStatuses[0].state.${state}`,
  operator: 'Exists',
});

const conditions = (isReady: boolean): string => `
conditions:
- { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: Ready, status: "${isReady ? 'True' : 'False'}", lastTransitionTime: {{ $now | Quote }} }
- { type: ContainersReady, status: "${isReady ? 'True' : 'False'}", lastTransitionTime: {{ $now | Quote }} }
{{ range .spec.readinessGates }}
- { type: {{ .conditionType | Quote }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
{{ end }}`;

/** Container statuses. A digest is told as a node tells it: only where the image was named by one. */
const containers = (isReady: boolean, restarts: string, state: string, last = ''): string => `
containerStatuses:
{{ range $index, $item := .spec.containers }}
- name: {{ $item.name | Quote }}
  image: {{ $item.image | Quote }}
  imageID: {{ $item.image | Quote }}
  ready: ${isReady}
  started: ${isReady}
  restartCount: ${restarts}
  state: ${state}
${last ? `  lastState: ${last}` : ''}
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}`;

/** Only where a pod has none yet: it would be given a second one. */
const address = `
{{ $hostIPs := NodeIPsWith .spec.nodeName }}
{{ with $hostIPs }}
hostIP: {{ index . 0 | Quote }}
hostIPs: [ { ip: {{ index . 0 | Quote }} } ]
{{ end }}
{{ $podIPs := PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs: [ { ip: {{ index . 0 | Quote }} } ]
{{ end }}
startTime: {{ $now | Quote }}`;

const now = '{{ $now := Now }}';
const count = '{{ $count := 0 }}{{ with .status.containerStatuses }}{{ $count = (index . 0).restartCount }}{{ end }}';
const running = '{ running: { startedAt: {{ $now | Quote }} } }';
const crashed =
  '{ terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }';
const succeeded =
  '{ terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }';
const backOff = '{ waiting: { reason: CrashLoopBackOff, message: "back-off restarting failed container" } }';

/** What a pod's status becomes, as a template of KWOK's. */
const templates = {
  ready: [now, conditions(true), containers(true, '0', running), address, 'phase: Running'],
  readyLater: [now, conditions(true), containers(true, '0', running), 'phase: Running'],
  unready: [now, conditions(false), containers(false, '0', running), address, 'phase: Running'],
  restarted: [now, count, conditions(false), containers(false, '{{ $count }}', running, crashed), 'phase: Running'],
  backOff: [now, count, conditions(false), containers(false, '{{ add $count 1 }}', backOff, crashed), 'phase: Running'],
  succeeded: [now, conditions(false), containers(false, '0', succeeded), 'phase: Succeeded'],
  failed: [now, conditions(false), containers(false, '0', crashed), address, 'phase: Failed'],
  noImage: [
    now,
    conditions(false),
    containers(false, '0', '{ waiting: { reason: ImagePullBackOff, message: "Back-off pulling image" } }'),
    address,
    'phase: Pending',
  ],
  addressed: [now, address, 'phase: Pending'],
} satisfies Record<string, string[]>;

function stage(
  name: string,
  selectors: Selector[],
  next: keyof typeof templates | 'delete',
  delay?: { ms: number; asked?: boolean },
): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: { matchExpressions: selectors },
      ...(delay && {
        delay: {
          durationMilliseconds: delay.ms,
          ...(delay.asked && { durationFrom: { expressionFrom: '.metadata.annotations["tillgate.dev/after"]' } }),
        },
      }),
      next: next === 'delete' ? { delete: true } : { statusTemplate: templates[next].join('\n') },
    },
  };
}

/**
 * The stages of pods.
 *
 * @param processes jq: whether a pod is a process of its own, which the pod agent runs; such a pod gets
 *   only its address here
 */
export function podStages(processes: string): object[] {
  const played: Selector = { key: processes, operator: 'NotIn', values: ['true'] };
  const process: Selector = { key: processes, operator: 'In', values: ['true'] };
  const fresh = [played, living, phase('Pending'), started(false)];
  return [
    stage(
      'process-address',
      [process, living, phase('Pending'), { key: '.status.podIP', operator: 'DoesNotExist' }],
      'addressed',
    ),
    stage('delete', [played, { key: '.metadata.deletionTimestamp', operator: 'Exists' }], 'delete'),
    stage('ready', [...fresh, is('ready', 'crash-later')], 'ready'),
    stage('running', [...fresh, is('slow-ready', 'never-ready')], 'unready'),
    stage('no-image', [...fresh, is('image-missing')], 'noImage'),
    stage('fails', [...fresh, is('fails')], 'failed'),
    stage('first-crash', [...fresh, is('crash-loop')], 'unready'),
    stage('slow-ready', [played, living, phase('Running'), ready(false), is('slow-ready')], 'readyLater', {
      ms: 10_000,
      asked: true,
    }),
    stage('later-crash', [played, living, phase('Running'), ready(true), is('crash-later')], 'backOff', {
      ms: 10_000,
      asked: true,
    }),
    stage(
      'crash',
      [played, living, phase('Running'), ready(false), is('crash-loop', 'crash-later'), stateOf('running')],
      'backOff',
      { ms: 500 },
    ),
    stage(
      'restart',
      [played, living, phase('Running'), ready(false), is('crash-loop', 'crash-later'), stateOf('waiting')],
      'restarted',
      { ms: 1_500 },
    ),
    stage('complete', [played, living, phase('Running'), ready(true), is('ready'), inJob], 'succeeded', {
      ms: 100,
      asked: true,
    }),
  ];
}

/** The stage that makes a node ready. Its lease, which KWOK renews, keeps it so. */
export function nodeStages(): object[] {
  const status = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- { type: {{ .type | Quote }}, status: {{ .status | Quote }}, reason: {{ .reason | Quote }}, message: {{ .message | Quote }}, lastHeartbeatTime: {{ $now | Quote }}, lastTransitionTime: {{ $now | Quote }} }
{{ end }}
addresses:
- { type: InternalIP, address: {{ NodeIP | Quote }} }
- { type: Hostname, address: {{ NodeName | Quote }} }
daemonEndpoints: { kubeletEndpoint: { Port: ${NODE_PORT} } }
nodeInfo: { architecture: amd64, operatingSystem: linux, kubeletVersion: {{ printf "kwok-%s" Version | Quote }}, containerRuntimeVersion: none, osImage: none, kernelVersion: none, kubeProxyVersion: none, bootID: none, machineID: none, systemUUID: none }
phase: Running`;
  return [
    {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'Stage',
      metadata: { name: 'node-ready' },
      spec: {
        resourceRef: { apiGroup: 'v1', kind: 'Node' },
        selector: { matchExpressions: [ready(false)] },
        next: { statusTemplate: status },
      },
    },
  ];
}
