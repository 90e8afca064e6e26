/* global VatData */
// The vat with the work in it: most deliveries of a recording are its own. It uses every kind of storage that a vat
// has, so that every kind of system call is recorded.
import { E, Far } from '@endo/far';

const AUDIT_LENGTH = 8;
const JOURNAL_LENGTH_MAX = 60;

export const buildRootObject = (_vatPowers, { label }, baggage) => {
  const accountKind = VatData.makeKindHandle('account');
  baggage.init('account kind', accountKind);
  const makeAccount = VatData.defineDurableKind(accountKind, name => ({ name, balance: 0n }), {
    getName: ({ state }) => state.name,
    getBalance: ({ state }) => state.balance,
    deposit: ({ state }, amount) => {
      state.balance += amount;
      return state.balance;
    },
  });
  // Virtual, not durable: a receipt that nobody holds any more is deleted.
  const makeReceipt = VatData.defineKind('receipt', (serial, text) => ({ serial, text }), {
    read: ({ state }) => harden({ serial: state.serial, text: state.text }),
  });

  const accounts = VatData.makeScalarBigMapStore('accounts', { durable: true });
  baggage.init('accounts', accounts);
  const owners = VatData.makeScalarBigSetStore('owners', { durable: true });
  baggage.init('owners', owners);
  const notes = VatData.makeScalarBigWeakMapStore('notes', { durable: true });
  baggage.init('notes', notes);
  const journal = VatData.makeScalarBigMapStore('journal');

  const pledges = new Map();
  let oldest = 0;
  let newest = 0;

  const append = entry => {
    journal.init(newest, harden(entry));
    newest += 1;
    while (newest - oldest > JOURNAL_LENGTH_MAX) {
      journal.delete(oldest);
      oldest += 1;
    }
  };

  return Far('ledger', {
    open: name => {
      const account = makeAccount(name);
      accounts.init(name, account);
      owners.add(name);
      notes.init(account, `opened as ${name}`);
      append({ opened: name });
      return account;
    },
    transfer: (from, to, amount) => {
      accounts.get(from).deposit(-amount);
      accounts.get(to).deposit(amount);
      append({ from, to, amount });
    },
    adjust: (account, amount) => {
      notes.set(account, `adjusted by ${amount}`);
      return account.deposit(amount);
    },
    issue: (serial, text) => {
      const receipt = makeReceipt(serial, text);
      // Some receipts live on in the journal, the others only as long as the receiver keeps them.
      append(serial % 4 === 1 ? { serial, receipt } : { serial });
      return receipt;
    },
    token: serial => Far('token', { serial: () => serial }),
    pledge: serial => new Promise(resolve => pledges.set(serial, resolve)),
    settle: serial => {
      if (!pledges.has(serial)) throw Error(`no pledge ${serial}`);
      pledges.get(serial)(`settled ${serial}`);
      pledges.delete(serial);
    },
    ask: async (observer, serial) => {
      const rate = await E(observer).rate(serial);
      append({ serial, rate });
      return rate;
    },
    audit: () => {
      let sum = 0n;
      let seen = 0;
      for (const account of accounts.values()) {
        sum += account.getBalance();
        seen += 1;
        if (seen === AUDIT_LENGTH) break;
      }
      console.log('audit of', label, sum);
      return harden({ sum, seen, owners: owners.getSize() });
    },
  });
};
