/* global VatData */
// Second incarnation of the vat "upgraded": other code over the durable state of the first.
import { Far } from '@endo/far';

export const buildRootObject = (_vatPowers, { title }, baggage) => {
  baggage.set('title', title);
  VatData.defineDurableKind(baggage.get('tally kind'), () => ({ value: 0 }), {
    add: ({ state }, value) => {
      state.value += 2 * value;
      return state.value;
    },
  });

  return Far('upgraded, second incarnation', {
    increment: () => {
      baggage.set('count', baggage.get('count') + 10);
      return baggage.get('count');
    },
    getTally: () => baggage.get('tally'),
    describe: () => `${baggage.get('title')}, second incarnation, ${baggage.get('count')}`,
  });
};
