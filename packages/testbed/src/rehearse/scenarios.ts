import type { ShopBehaviour } from '../shop/index.ts';

/** One way a rehearsal can go, and how it must end. */
export interface Scenario {
  about: string;
  ends: 'go' | 'no-go';
  /** A freeze that covers the present. */
  frozen: boolean;
  /** The candidate image brings a vulnerability that production does not have. */
  vulnerable: boolean;
  /** How the delivery ends, and what is done to it on its way; absent where it does not come to one. */
  delivery?: Delivery;
}

export interface Delivery {
  /** How the new image behaves. */
  candidate: ShopBehaviour;
  ends: 'promoted' | 'returned';
  /** The runner's machine is lost once the candidate has traffic, and the job is run again. */
  runnerDies?: boolean;
  /** Somebody cancels the run once the candidate has traffic. */
  cancelled?: boolean;
  /** Somebody dispatches the rollback after promotion. */
  rolledBack?: boolean;
}

const GOOD: ShopBehaviour = {};
const quiet = { ends: 'go', frozen: false, vulnerable: false } as const;

/** The scenarios, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  release: {
    ...quiet,
    about: 'a release on a quiet day: every gate passes, the record is signed, the canary is promoted',
    delivery: { candidate: GOOD, ends: 'promoted' },
  },
  'vulnerable-image': {
    about: 'the new image brings a vulnerability that production does not have',
    ends: 'no-go',
    frozen: false,
    vulnerable: true,
  },
  frozen: {
    about: 'the shops are in a freeze',
    ends: 'no-go',
    frozen: true,
    vulnerable: false,
  },
  regression: {
    ...quiet,
    about: 'the new image answers one call in five with an error behind status 200: back to stable',
    delivery: { candidate: { rpcErrors: 0.2 }, ends: 'returned' },
  },
  'runner-dies': {
    ...quiet,
    about: 'the runner’s machine is lost in the middle of a canary; the job is run again and ends it',
    delivery: { candidate: GOOD, ends: 'promoted', runnerDies: true },
  },
  cancelled: {
    ...quiet,
    about: 'somebody cancels the run in the middle of a canary: it turns back, and the job `recover` ends that',
    delivery: { candidate: GOOD, ends: 'returned', cancelled: true },
  },
  rollback: {
    ...quiet,
    about: 'after promotion somebody dispatches the rollback',
    delivery: { candidate: GOOD, ends: 'promoted', rolledBack: true },
  },
};
