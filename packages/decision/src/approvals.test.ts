import { describe, expect, it } from '@jest/globals';
import { approvalObjections, countApprovals, type GivenApproval, type Hands } from './approvals.ts';

const COMMIT = 'a'.repeat(40);
const [ALICE, BOB, CAROL, ACTOR, TRIGGER, PULL, COMMITTER] = [1, 2, 3, 11, 12, 13, 14] as const;
const HANDS: Hands = { actor: ACTOR, triggeringActor: TRIGGER, pullAuthors: [PULL], commitAuthors: [COMMITTER] };
const RULE = {
  count: 2,
  from: [ALICE, BOB, ACTOR, TRIGGER, PULL, COMMITTER],
  not: ['author', 'actor'] as ('author' | 'actor')[],
};
const gate = (id: number): GivenApproval => ({
  id,
  login: `user${id}`,
  kind: 'environment',
  where: 'production-approval',
  at: null,
  commit: null,
});
const review = (id: number, commit: string | null = COMMIT): GivenApproval => ({
  ...gate(id),
  kind: 'review',
  where: '7',
  commit,
});

describe('approvals', () => {
  it.each([
    ['two people', [gate(ALICE), review(BOB)], [ALICE, BOB]],
    ['one person in two ways', [gate(ALICE), review(ALICE), gate(ALICE)], [ALICE]],
    ['somebody else', [gate(ALICE), gate(CAROL)], [ALICE]],
    ['the one who pushed', [gate(ALICE), gate(ACTOR)], [ALICE]],
    ['the one who started the run again', [gate(ALICE), gate(TRIGGER)], [ALICE]],
    ['the author of the pull request', [gate(ALICE), review(PULL)], [ALICE]],
    ['the author of a commit', [gate(ALICE), review(COMMITTER)], [ALICE]],
    ['a review of another commit', [gate(ALICE), review(BOB, 'b'.repeat(40))], [ALICE]],
    ['a review of no commit', [gate(ALICE), review(BOB, null)], [ALICE]],
    ['a stale review before a good one', [review(BOB, 'b'.repeat(40)), review(BOB)], [BOB]],
    ['nobody', [], []],
  ])('of %s', (_, given, counted) => {
    const count = countApprovals(given, RULE, HANDS, COMMIT);
    expect(count.counted.map(({ id }) => id)).toEqual(counted);
    expect(approvalObjections(count).length).toBe(counted.length >= 2 ? 0 : 1);
  });

  it('count from authors and starters only where the policy says so', () => {
    expect(countApprovals([gate(ACTOR), gate(PULL)], { ...RULE, not: [] }, HANDS, COMMIT).counted).toHaveLength(2);
    expect(countApprovals([gate(ACTOR), gate(PULL)], { ...RULE, not: ['actor'] }, HANDS, COMMIT).counted).toHaveLength(
      1,
    );
  });

  it('by whoever the environment asks count where nobody is named; reviews, which anybody may write, do not', () => {
    const { counted, refused } = countApprovals([gate(CAROL), review(BOB)], { ...RULE, from: [] }, HANDS, COMMIT);
    expect(counted.map(({ id }) => id)).toEqual([CAROL]);
    expect(refused[0]?.because).toContain('approvals.from');
  });

  it('that are too few are told with who did not count and why', () => {
    const [only] = approvalObjections(countApprovals([gate(ACTOR), gate(CAROL)], RULE, HANDS, COMMIT));
    expect(only).toMatchObject({ code: 'approvals' });
    expect(only?.message).toContain('user11 (started the run), user3 (not among those who may approve)');
  });

  it('are not needed where none is required', () => {
    expect(approvalObjections(countApprovals([], { ...RULE, count: 0 }, HANDS, COMMIT))).toEqual([]);
  });
});
