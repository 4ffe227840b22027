import { isOver } from '../phase.ts';
import type { Plan } from '../plan.ts';
import { Refused, type Store, Superseded, Unreadable } from '../ports.ts';
import { encodeStatus, readStatus } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import type { Status } from '../status.ts';
import type { Process } from './process.test-kit.ts';

/** What lies in the cluster of a delivery, whoever drives it. */
export interface Shelf {
  plan: Plan;
  json: string | undefined;
  version: number;
  /** The highest that was taken; told beside the status too. */
  epoch: number;
  commands: Command[];
  /** Told whenever commands are set, or a higher epoch is taken. */
  listeners: Set<() => void>;
  lease: { who: string; epoch: number; until: number } | undefined;
}

export function emptyShelf(plan: Plan): Shelf {
  let commands: Command[] = [];
  const listeners: Shelf['listeners'] = new Set();
  return {
    plan,
    json: undefined,
    version: 0,
    epoch: 0,
    get commands() {
      return commands;
    },
    set commands(said) {
      commands = said;
      if (said.length > 0) for (const told of listeners) told();
    },
    listeners,
    lease: undefined,
  };
}

const LEASE = 15_000;

/** A store over a shelf, as one process sees it. */
export function memoryStore(shelf: Shelf, process: Process, who: string): Store {
  const put = (status: Status, condition: boolean) => {
    if (!condition) throw new Superseded('It has changed since it was read.');
    const before = shelf.epoch;
    shelf.epoch = status.epoch;
    shelf.json = encodeStatus(status);
    if (shelf.commands.some(({ id }) => status.heard.includes(id))) shelf.commands = [];
    shelf.version++;
    if (status.epoch > before) for (const told of shelf.listeners) told();
    return { status: readStatus(shelf.json), version: String(shelf.version) };
  };
  const read = (json: string) => {
    const version = String(shelf.version);
    try {
      return { status: readStatus(json), version };
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      throw new Unreadable(cause.message, { at: process.time.now, version, epoch: shelf.epoch });
    }
  };
  return {
    load: () =>
      process.call(() => ({
        at: process.time.now,
        found: shelf.json === undefined ? undefined : read(shelf.json),
        commands: [...shelf.commands],
      })),
    listen: (told, signal) =>
      new Promise((resolve) => {
        shelf.listeners.add(told);
        told();
        const end = () => {
          shelf.listeners.delete(told);
          resolve();
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
    check: (status) => void encodeStatus(status),
    create: (status) =>
      process.call(() => {
        const free = shelf.json === undefined || isOver(shelf.plan, readStatus(shelf.json));
        shelf.commands = free ? [] : shelf.commands;
        return put(status, free);
      }),
    commit: ({ status, version }) => process.call(() => put(status, version === String(shelf.version))),
    holder: () => process.call(() => (shelf.lease?.who === who ? undefined : shelf.lease)),
    renew: (epoch) =>
      process.call(() => {
        if (shelf.lease && shelf.lease.epoch > epoch) throw new Superseded(`${shelf.lease.who} holds a later epoch.`);
        shelf.lease = { who, epoch, until: process.time.now + LEASE };
      }),
    release: (epoch) =>
      process.call(() => {
        if (shelf.lease?.epoch === epoch) shelf.lease = undefined;
      }),
  };
}
