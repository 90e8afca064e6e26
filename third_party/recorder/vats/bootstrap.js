// The static vat that drives all others. The host gives it a list of acts for every block (lib/script.mjs).
// Whatever a vat sends brings an answer back, so what can do without goes from the host straight to its vat.
import { E, Far } from '@endo/far';

const REQUEST_KINDS = 10;
const TIMER_INTERVAL_S = 30n;

export const buildRootObject = () => {
  const roots = {};
  const adminNodes = {};
  let vatAdmin;
  let wakes = 0;
  // One of each is kept at a time; a new one drops the old one, which is garbage collection for the ledger.
  let receipt;
  let token;
  let tally;
  let ephemeral;
  let openAccounts = 0;
  let lastAccount;

  const observer = Far('observer', { rate: serial => serial % 7 });
  const ticker = Far('ticker', {
    wake: () => {
      wakes += 1;
    },
  });

  const create = async (name, bundleName, options = {}) => {
    const bundleCap = await E(vatAdmin).getNamedBundleCap(bundleName);
    const { adminNode, root } = await E(vatAdmin).createVat(bundleCap, harden({ name, ...options }));
    adminNodes[name] = adminNode;
    roots[name] = root;
    // Rejected when the vat is terminated; some of them are, on purpose.
    E(adminNode).done().catch(() => {});
  };

  const accountName = index => `account-${String(index).padStart(6, '0')}`;

  // The kinds of request that need a vat to make them; the host makes the others itself (lib/script.mjs).
  const request = async serial => {
    const { ledger } = roots;
    switch (serial % REQUEST_KINDS) {
      case 0: {
        const name = accountName(openAccounts);
        openAccounts += 1;
        lastAccount = E(ledger).open(name);
        return E(lastAccount).deposit(100n);
      }
      case 1:
        receipt = await E(ledger).issue(serial, `receipt number ${serial}`);
        return undefined;
      case 2:
        return E(ledger).pledge(serial);
      case 4:
        return E(ledger).ask(observer, serial);
      case 5:
        token = await E(ledger).token(serial);
        return undefined;
      case 7:
        return E(receipt ?? E(ledger).issue(serial, 'late')).read();
      case 8:
        return E(ledger).adjust(await lastAccount, 3n);
      default:
        return undefined;
    }
  };

  const acts = {
    requests: (first, count) =>
      Promise.all(Array.from({ length: count }, (_, index) => request(first + index))),
    spin: () => E(roots.spinner).spin().catch(problem => console.log('spinner:', problem.message)),
    wait: name => E(roots[name]).wait().catch(problem => console.log(name, 'waited for nothing:', problem)),
    terminate: (name, reason) => E(adminNodes[name]).terminateWithFailure(Error(reason)),
    tally: async () => {
      tally = tally ?? (await E(roots.upgraded).getTally());
      return E(tally).add(1);
    },
    describe: async () => console.log(await E(roots.upgraded).describe()),
    holdEphemeral: async () => {
      ephemeral = await E(roots.upgraded).getEphemeral();
      return E(ephemeral).hello();
    },
    useEphemeral: () => E(ephemeral).hello().catch(problem => console.log('severed:', problem.message)),
    upgrade: async (bundleName, title) => {
      const bundleCap = await E(vatAdmin).getNamedBundleCap(bundleName);
      return E(adminNodes.upgraded).upgrade(
        bundleCap,
        harden({ vatParameters: { title }, upgradeMessage: title }),
      );
    },
    failToUpgrade: (bundleName, title) =>
      acts.upgrade(bundleName, title).then(
        () => console.error('upgraded, but should not have been'),
        problem => console.log('not upgraded:', problem.message),
      ),
    evaluate: async expression => console.log(await E(roots.evaluator).evaluate(expression)),
    status: () => console.log({ openAccounts, wakes, holdsReceipt: !!receipt, holdsToken: !!token }),
  };

  return Far('bootstrap', {
    bootstrap: async (vats, devices) => {
      vatAdmin = await E(vats.vatAdmin).createVatAdminService(devices.vatAdmin);
      const timer = await E(vats.timer).createTimerService(devices.timer);
      await E(timer).repeatAfter(0n, TIMER_INTERVAL_S, ticker);
      const meter = await E(vatAdmin).createUnlimitedMeter();
      await create('ledger', 'ledger', { vatParameters: { label: 'main ledger' } });
      await create('spinner', 'spinner', { meter });
      await create('shortlived', 'shortlived');
      await create('upgraded', 'upgraded-first', { vatParameters: { title: 'as created' } });
      await create('grower', 'grower');
      await create('evaluator', 'evaluator');
      return Object.keys(roots).length;
    },

    // Nobody waits for the answers; what was not meant to fail and did is an error line in the slog.
    block: list => {
      for (const [act, args] of list) {
        Promise.resolve(acts[act](...args)).catch(problem => console.error(act, ...args, problem));
      }
    },
  });
};
