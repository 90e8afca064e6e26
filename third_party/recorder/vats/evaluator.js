// Evaluates source text, with the evaluator of its own compartment.
import { Far } from '@endo/far';

export const buildRootObject = () =>
  Far('evaluator', {
    evaluate: expression => Function(`return (${expression});`)(),
  });
