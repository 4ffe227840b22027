import { z } from 'zod';

/** A person or app on GitHub. The id decides: a login can be renamed and taken over by somebody else. */
export interface Account {
  id: number;
  login: string;
}

export const accountSchema = z.looseObject({ id: z.int().positive(), login: z.string().max(255) });

/** Only what is told apart by, so that nothing else of an answer travels on. */
export function accountOf({ id, login }: Account): Account {
  return { id, login };
}
