/* global VatData */
// First incarnation of the vat "upgraded". The second one finds its counter and its tally again, and nothing else.
import { Far } from '@endo/far';

export const buildRootObject = (_vatPowers, { title }, baggage) => {
  baggage.init('title', title);
  baggage.init('count', 0);
  const tallyKind = VatData.makeKindHandle('tally');
  baggage.init('tally kind', tallyKind);
  const makeTally = VatData.defineDurableKind(tallyKind, () => ({ value: 0 }), {
    add: ({ state }, value) => {
      state.value += value;
      return state.value;
    },
  });
  baggage.init('tally', makeTally());

  return Far('upgraded, first incarnation', {
    increment: () => {
      baggage.set('count', baggage.get('count') + 1);
      return baggage.get('count');
    },
    getTally: () => baggage.get('tally'),
    // An export and a promise that the upgrade severs, because they live on this heap only.
    getEphemeral: () => Far('ephemeral', { hello: () => 'still here' }),
    wait: () => new Promise(() => {}),
    describe: () => `${baggage.get('title')}, first incarnation, ${baggage.get('count')}`,
  });
};
