/** Counts and sums of transfers. */

import { total } from './format.js';
import { KINDS } from './statuses.js';

const NOTHING = { value: '0.00', currency: 'IDR' };

/** The sum of amounts; null counts as nothing. */
export const sum = (amounts) => total(NOTHING, ...amounts.filter(Boolean));

/** `[{kind, count, amount}]` of the kinds of status that occur. */
export function byKind(transfers) {
  return KINDS.map((kind) => ({ kind, found: transfers.filter((each) => kind.includes(each.status)) }))
    .filter(({ found }) => found.length)
    .map(({ kind, found }) => ({ kind, count: found.length, amount: sum(found.map((each) => each.amount)) }));
}

/** Count, amount, and of the paid ones amount and fee. */
export function totals(transfers) {
  const paid = transfers.filter((each) => each.status === 'SUCCESS');
  return {
    count: transfers.length,
    amount: sum(transfers.map((each) => each.amount)),
    paid: sum(paid.map((each) => each.amount)),
    fees: sum(paid.map((each) => each.fee)),
  };
}
