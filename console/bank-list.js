/** The banks and e-wallets of the API, loaded once. */

import { payouts } from './session.js';

let loading = null;
let names = new Map();

/** Banks by use, each code once. Rejects if the API cannot be asked; the next call tries again. @returns {Promise<object[]>} */
export function banks() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Load the banks so that `bankName` knows them. Never rejects: without them a code stands for itself. */
export const loadBankNames = () => banks().catch(() => {});

/** A bank's short name for a code, such as BCA; the code itself if the list is not loaded or lacks it. */
export const bankName = (code) => names.get(code) ?? code;

async function load() {
  const all = await payouts.banks();
  const listed = all.filter((bank, index) => all.findIndex((other) => other.code === bank.code) === index);
  names = new Map(listed.map((bank) => [bank.code, shortName(bank.name)]));
  return listed;
}

/** "Bank Central Asia (BCA)" is BCA, "Bank Jago (formerly Bank Artos Indonesia)" is Bank Jago. */
function shortName(name) {
  const [, acronym] = /\(([A-Z]{2,5})\b/.exec(name) ?? [];
  return acronym ?? name.replace(/\s*\(.*\)$/, '');
}
