/** One way a rehearsal can go, and how it must end. */
export interface Scenario {
  about: string;
  ends: 'go' | 'no-go';
  /** A freeze that covers the present. */
  frozen: boolean;
  /** The candidate image brings a vulnerability that production does not have. */
  vulnerable: boolean;
}

/** The scenarios, by the name that `--scenario` takes. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  release: {
    about: 'a release on a quiet day: every gate passes, the record is signed',
    ends: 'go',
    frozen: false,
    vulnerable: false,
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
};
