// Keeps what it is given to make: every delivery leaves a larger heap, and so a larger snapshot.
import { Far } from '@endo/far';

export const buildRootObject = () => {
  const kept = [];
  return Far('grower', {
    grow: count => {
      kept.push(Array.from({ length: count }, (_, index) => kept.length * count + index));
      return kept.length;
    },
  });
};
