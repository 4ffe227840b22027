import { expect, it } from '@jest/globals';
import { slotsOf } from './slots.ts';

it('never does more at once than there are slots, and all of it', async () => {
  const slots = slotsOf(3);
  let [present, most, done] = [0, 0, 0];
  const work = (index: number) =>
    slots(async () => {
      present += 1;
      most = Math.max(most, present);
      for (let turn = 0; turn < index % 4; turn += 1) await Promise.resolve();
      present -= 1;
      done += 1;
      if (index % 5 === 0) throw new Error('one that goes wrong gives its slot back');
    });
  await Promise.allSettled(Array.from({ length: 40 }, (_, index) => work(index)));
  expect({ most, done, present }).toEqual({ most: 3, done: 40, present: 0 });
});
