// A metered vat: it works for a while and then meets the computron limit.
import { Far } from '@endo/far';

export const buildRootObject = () => {
  let turns = 0;
  return Far('spinner', {
    turn: () => {
      turns += 1;
      return turns;
    },
    spin: () => {
      for (;;) turns += 1;
    },
  });
};
