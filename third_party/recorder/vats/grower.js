// Keeps what it is given to make: every delivery leaves a larger heap, and so a larger snapshot. Where it also compiles a
// function, that is the longer the more is kept: whether memory is enough for it depends on all deliveries before.
import { Far } from '@endo/far';

export const buildRootObject = () => {
  const kept = [];
  return Far('grower', {
    grow: (count, statements = 0) => {
      kept.push(Array.from({ length: count }, (_, index) => kept.length * count + index));
      if (statements > 0) Function('a;'.repeat(kept.length * statements));
      return kept.length;
    },
  });
};
