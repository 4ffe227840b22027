import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Act,
  type Definition,
  definitionOf,
  definitionOfAct,
  type Gate,
  type InputKinds,
} from '@tillgate/action-kit';
import type { GateName, Rule } from '@tillgate/release';
import { actionNames } from './build.ts';

/** One action as its own code describes it. */
export interface ActionEntry {
  /** The folder below actions/. */
  folder: string;
  definition: Definition<InputKinds>;
  /** Rules of a gate; an act has none. */
  rules: readonly Rule<unknown>[];
}

/** Every action of the suite, read from its code: what is generated comes from here and from nowhere else. */
export async function actions(): Promise<ActionEntry[]> {
  const root = join(import.meta.dirname, '..', 'actions');
  return Promise.all(
    (await actionNames()).map(async (folder): Promise<ActionEntry> => {
      if (existsSync(join(root, folder, 'gate.ts'))) {
        const { gate } = (await import(join(root, folder, 'gate.ts'))) as { gate: Gate<GateName, InputKinds, unknown> };
        return { folder, definition: definitionOf(gate), rules: gate.rules };
      }
      const { act } = (await import(join(root, folder, 'act.ts'))) as { act: Act };
      return { folder, definition: definitionOfAct(act), rules: [] };
    }),
  );
}
