// What happens in which block. A pure function of the parameters, so that equal parameters give equal histories.

const REQUEST_KINDS = 10;

// Where in the recording (as a share of its blocks) each single act takes place.
const ACT_AT = { wait: 0.2, spin: 0.35, terminate: 0.5, failedUpgrade: 0.6, upgrade: 0.7, evaluate: 0.85 };

// Parses to a long list of statements, which takes far more parser memory than anything else here: 2^21 of them (4 MB of
// source) kill an engine that may have no more than 1500 MB of address space, 2^19 one that may have 1200 MB.
const largeFunction = statements => `typeof Function("a;".repeat(${statements}))`;

const GROW_COUNT = 4000;

const accountName = index => `account-${String(index).padStart(6, '0')}`;

/**
 * The requests that the bootstrap vat leaves to the host. They go to the ledger when those of the bootstrap vat are
 * done, so that the accounts and pledges they are about exist.
 */
const directRequest = serial => {
  switch (serial % REQUEST_KINDS) {
    case 3:
      return ['ledger', 'transfer', [accountName(0), accountName(Math.floor(serial / REQUEST_KINDS)), 5n]];
    case 6:
      return ['ledger', 'settle', [serial - 4]];
    case 9:
      return ['ledger', 'audit', []];
    default:
      return undefined;
  }
};

/**
 * @param {{deliveries: number, blocks: number, functionStatements: number, swell: number, failedUpgrade: boolean}} parameters
 * @returns {Array<{acts: Array<[act: string, args: unknown[]]>,
 *                  messages: Array<[vat: string, method: string, args: unknown[]]>}>}
 *   per block, what the bootstrap vat has to do, and what is sent to the roots of the vats themselves after that
 */
export const planBlocks = parameters => {
  const { deliveries, blocks, functionStatements } = parameters;
  const blockOf = act => Math.floor(ACT_AT[act] * blocks);
  const plan = [];
  let serial = 0;
  for (let block = 0; block < blocks; block += 1) {
    const acts = [];
    const messages = [];
    const next = Math.floor(((block + 1) * deliveries) / blocks);
    if (next > serial) acts.push(['requests', [serial, next - serial]]);
    for (; serial < next; serial += 1) messages.push(directRequest(serial));

    messages.push(['grower', 'grow', [GROW_COUNT, parameters.swell]], ['upgraded', 'increment', []]);
    if (block < blockOf('spin')) messages.push(['spinner', 'turn', []]);
    if (block < blockOf('terminate')) messages.push(['shortlived', 'ping', []]);

    if (block === blockOf('wait')) acts.push(['wait', ['shortlived']], ['wait', ['upgraded']], ['holdEphemeral', []]);
    if (block === blockOf('spin')) acts.push(['spin', []]);
    if (block === blockOf('terminate')) acts.push(['terminate', ['shortlived', 'its time is over']]);
    if (parameters.failedUpgrade && block === blockOf('failedUpgrade')) {
      acts.push(['failToUpgrade', ['upgraded-broken', 'never seen']], ['describe', []]);
    }
    if (block === blockOf('upgrade')) {
      acts.push(['tally', []], ['describe', []], ['upgrade', ['upgraded-second', 'as upgraded']]);
    }
    if (block === blockOf('upgrade') + 1) acts.push(['tally', []], ['describe', []], ['useEphemeral', []]);
    if (block === blockOf('evaluate')) {
      acts.push(['evaluate', ['6 * 7']]);
      if (functionStatements) acts.push(['evaluate', [largeFunction(functionStatements)]]);
    }
    if (block === blocks - 1) acts.push(['status', []]);
    plan.push({ acts, messages: messages.filter(Boolean) });
  }
  return harden(plan);
};
