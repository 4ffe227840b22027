import type { Container, Keyed, PodSpec } from './objects.ts';

/** Contents of the ConfigMaps and Secrets that the pods use, by `ConfigMap/name`. */
export type Contents = ReadonlyMap<string, { object: Keyed }>;

/** Programs that do nothing but change databases. */
const MIGRATORS = 'click-odoo-update|marabunta';

/** What Odoo takes for an update. Modules may follow `-u` in the same word, and long names may be cut as far as they are clear. */
const SWITCHES = new RegExp(
  `(?:^|[\\s="'])(-[ui])\\S*|(?:^|[\\s/="'])(--upda?t?e?|--ini?t?|${MIGRATORS})(?=$|[\\s="'])`,
  'g',
);

const ODOO = new RegExp(`^(odoo|odoo-bin|odoo\\.py|openerp-server|click-odoo[\\w-]*|${MIGRATORS})$`);

/** Where `-u` and `-i` mean something else. What only hands its words on, such as echo or find, is not among them. */
const OTHERS =
  /^(\[|awk|cp|curl|cut|date|diff|e?grep|gawk|git|id|ln|ls|mv|nc|pip3?|redis-cli|rm|rsync|sed|sort|test|touch|uniq|unset|wget)$/;

/** Runs what follows, or keeps it for later, after switches of its own. */
const HANDS_ON = /^(set|sh|bash|ash|dash|python[\d.]*|exec|command|nohup|time|sudo|tini|dumb-init|xargs)$/;
/** The same, after the name of somebody. */
const HANDS_ON_AS = /^(gosu|su-exec)$/;
/** What may stand before a command in a shell. */
const BEFORE = /^(if|then|else|elif|while|until|do|!|\w+=.*)$/;

type Reader = 'odoo' | 'somebody';

/**
 * Why pods of this template may change their database by starting, each a sentence; empty where nothing speaks for it. The way
 * back would be closed before anybody looked. Whose a switch is, is told by the program before it; where that cannot be
 * told, it is refused too, and said so. Nothing but what was looked for is told of any word, and of Secrets not even that.
 *
 * @param container the one whose image is released: Odoo, and its image's entry point too
 */
export function updatesByStarting(spec: PodSpec, container: string, contents: Contents): string[] {
  const image = spec.containers.find(({ name }) => name === container)?.image;
  return [...(spec.initContainers ?? []), ...spec.containers].flatMap((one) => [
    ...wordsFault(one, one.name === container || one.image === image),
    ...variablesOf(one, contents).flatMap((variable) => variableFault(one, variable)),
  ]);
}

function wordsFault({ name, command = [], args = [] }: Container, isOdoo: boolean): string[] {
  const found = commandsIn([...command, ...args].join(' ')).flatMap((one, index) => {
    // Without a command the first words go to the entry point of the image.
    const entry: Reader | undefined = isOdoo && command.length === 0 && index === 0 ? 'odoo' : undefined;
    return switchesOf(one, entry ?? 'somebody');
  });
  const told = (reader: Reader) =>
    [...new Set(found.flatMap((one) => (one.reader === reader ? one.switches : [])))].join(', ');
  if (told('odoo'))
    return [
      `Container "${name}" would update its database by starting (${told('odoo')}): a candidate would change the data of everybody. Move the update into a Job of its own.`,
    ];
  if (told('somebody'))
    return [
      `Container "${name}" is started with ${told('somebody')}, and its words do not show that Odoo is not what reads it: a candidate could update the database of everybody by starting. Move an update into a Job of its own; where it is a switch of another program, let the command begin with that program, or take the switch's long name.`,
    ];
  return [];
}

/** The commands in a script, roughly: too many rather than too few, because what begins with no known program is refused. */
const commandsIn = (script: string): string[][] =>
  script
    .replaceAll('\\\n', ' ')
    .split(/[;&|\n(){}`]+/)
    .map((text) => text.split(/\s+/).filter((word) => word !== ''));

/** What in a command looks like an update, and who reads it. */
function switchesOf(words: readonly string[], unknown: Reader): { switches: string[]; reader: Reader }[] {
  const [before, rest] = programOf(words);
  const program = nameOf(rest[0] ?? '');
  const inProgram = switchesIn(rest.join(' '));
  const reader = rest.map(nameOf).some((name) => ODOO.test(name)) ? 'odoo' : unknown;
  return [
    // A variable may be handed to anything that comes later.
    { switches: switchesIn(before.join(' ')), reader: 'somebody' as const },
    ...(OTHERS.test(program) ? [] : [{ switches: inProgram, reader }]),
  ].filter(({ switches }) => switches.length > 0);
}

/** The variables that are set before a program, and the program with its words. */
function programOf(words: readonly string[]): [string[], string[]] {
  const variables: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    const name = nameOf(word);
    if (BEFORE.test(word)) variables.push(word);
    else if (HANDS_ON_AS.test(name)) at++;
    else if (HANDS_ON.test(name)) {
      while (words[at + 1]?.startsWith('-') && words[at] !== '--') at++;
    } else break;
  }
  return [variables, words.slice(at)];
}

const nameOf = (word: string) => word.replace(/["']/g, '').replace(/^.*\//, '');

const switchesIn = (text: string): string[] =>
  [...text.matchAll(SWITCHES)].map(([, short, long]) => short ?? long ?? '');

interface Variable {
  name: string;
  value: string;
  /** Where it comes from, if not from the workload itself. */
  from?: { kind: 'ConfigMap' | 'Secret'; name: string; key: string };
}

function variablesOf({ env = [], envFrom = [] }: Container, contents: Contents): Variable[] {
  const single = env.flatMap(({ name, value, valueFrom }): Variable[] => {
    if (value !== undefined) return [{ name, value }];
    const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
    const kind = configMapKeyRef ? 'ConfigMap' : 'Secret';
    const { name: object = '', key = '' } = configMapKeyRef ?? secretKeyRef ?? {};
    const held = valuesOf(kind, object, contents).get(key);
    return held === undefined ? [] : [{ name, value: held, from: { kind, name: object, key } }];
  });
  const all = envFrom.flatMap(({ prefix = '', configMapRef, secretRef }) => {
    const kind = configMapRef ? 'ConfigMap' : 'Secret';
    const name = (configMapRef ?? secretRef)?.name ?? '';
    return [...valuesOf(kind, name, contents)].map(
      ([key, value]): Variable => ({ name: prefix + key, value, from: { kind, name, key } }),
    );
  });
  return [...single, ...all];
}

/** What an object holds; nothing where it is not there, which only those may be that are optional. */
function valuesOf(kind: 'ConfigMap' | 'Secret', name: string, contents: Contents): Map<string, string> {
  const { data = {} } = contents.get(`${kind}/${name}`)?.object ?? {};
  const plain = (value: string) => (kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value);
  return new Map(Object.entries(data).map(([key, value]) => [key, plain(value)]));
}

function variableFault(container: Container, { name, value, from }: Variable): string[] {
  const switches = [...new Set(switchesIn(value))].join(', ');
  if (switches === '') return [];
  const source = from ? ` (key ${from.key} of ${from.kind} ${from.name})` : '';
  const what = from?.kind === 'Secret' ? 'a switch that Odoo takes for an update' : switches;
  return [
    `Container "${container.name}" has ${what} in its variable ${name}${source}: if Odoo is started with it, a candidate would update its database by starting and change the data of everybody. Move an update into a Job of its own; where the variable is for something else, write it so that it does not look like one.`,
  ];
}
