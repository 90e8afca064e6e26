// A vat that its creator ends after some deliveries.
import { Far } from '@endo/far';

export const buildRootObject = (_vatPowers, _vatParameters, baggage) => {
  baggage.init('pings', 0);
  return Far('shortlived', {
    ping: () => {
      baggage.set('pings', baggage.get('pings') + 1);
      return baggage.get('pings');
    },
    // Never answered; the termination rejects it.
    wait: () => new Promise(() => {}),
  });
};
