import type { Flow } from './flow.ts';
import type { Shop } from './shop.ts';

export interface Wishes {
  /** Names of flows; empty: all that the installed modules allow. */
  flows: readonly string[];
  /** Names of flows that must be run, whatever else is. */
  required?: readonly string[];
  /** The caller allows writing in a database that is no neutralised copy. */
  allowWrites: boolean;
  /** Company and warehouse were named, and thereby set aside. */
  setAside: boolean;
}

/** What a run would do, and what it would not and why. */
export interface Plan {
  flows: readonly Flow[];
  left: { flow: string; why: LeftOut; detail: string; wanted: boolean }[];
}

type LeftOut = 'module-missing' | 'too-old' | 'read-only' | 'live-ways' | 'unknown-flow';

/**
 * Decides which flows run. A database is taken for production unless it says itself that it is a
 * neutralised copy. There, flows write only if the caller allows it, with a company and a warehouse named;
 * nowhere do they write where something would leave the house.
 */
export function planFor(all: readonly Flow[], shop: Shop, wishes: Wishes): Plan {
  const { flows, required = [], allowWrites, setAside } = wishes;
  const plan: { flows: Flow[]; left: Plan['left'] } = { flows: [], left: [] };
  const mayWrite = shop.isNeutralized || (allowWrites && setAside);
  const wanted = new Set([...flows, ...required]);
  const names = [...(flows.length > 0 ? flows : all.map(({ name }) => name)), ...required];
  for (const name of new Set(names)) {
    const leave = (why: LeftOut, detail: string) =>
      plan.left.push({ flow: name, why, detail, wanted: wanted.has(name) });
    const flow = all.find((one) => one.name === name);
    const missing = flow?.modules.filter((module) => !shop.modules.has(module)) ?? [];
    if (!flow) leave('unknown-flow', `there is none of this name; there are ${all.map((one) => one.name).join(', ')}`);
    else if (missing.length > 0) leave('module-missing', `${missing.join(', ')} not installed`);
    else if (Number.parseFloat(shop.version) < (flow.since ?? 0))
      leave('too-old', `this is Odoo ${shop.version}, and the flow needs ${flow.since} or newer`);
    else if (flow.writes.length === 0) plan.flows.push(flow);
    else if (!mayWrite)
      leave('read-only', allowWrites ? 'no company and warehouse are named' : 'writing is not allowed');
    else if (shop.live.length > 0) leave('live-ways', shop.live.join('; '));
    else plan.flows.push(flow);
  }
  return plan;
}
