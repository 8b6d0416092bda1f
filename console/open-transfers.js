/** The open transfers of all days, and the refunds of the last days. */

import { today } from './clock.js';
import { dayAfter } from './format.js';
import { payouts } from './session.js';

const PAGE = 100;
const REFUND_DAYS = 8;

/**
 * Up to `most` open transfers; `partial` is true if there are more. `onProgress` gets the number after each page.
 * @returns {Promise<{transfers: object[], partial: boolean}>}
 */
export async function openTransfers({ signal, most, onProgress = () => {} }) {
  const transfers = [];
  for await (const each of payouts.list({ open: true, limit: PAGE }, { signal })) {
    if (transfers.length === most) return { transfers, partial: true };
    transfers.push(each);
    if (transfers.length % PAGE === 0) onProgress(transfers.length);
  }
  return { transfers, partial: false };
}

/**
 * Refunds that became known in the last days, of transfers up to twice as old. The last status check of a transfer that is
 * paid within a day is eight days after its creation; later refunds are found by their status in the list.
 */
export async function recentRefunds(signal) {
  const since = dayAfter(today(), -REFUND_DAYS);
  const found = [];
  for (let back = 0; back <= 2 * REFUND_DAYS; back += 1) {
    for await (const each of payouts.list({ day: dayAfter(today(), -back), status: 'REFUNDED', limit: PAGE }, { signal })) {
      if (each.final && each.updatedAt >= since) found.push(each); // one that is not final is among the open ones
    }
  }
  return found;
}

/** Whether an operator must act on an open transfer. */
export const needsPerson = ({ review, status }) => review || status === 'DISPUTED';

/** Whether it is not known if an open transfer was or will be paid: a status that a later answer contradicts counts, too. */
export const isUnknown = ({ status, final }) => ['SUBMITTING', 'IN_DOUBT'].includes(status) || (ENDED.includes(status) && !final);

const ENDED = ['SUCCESS', 'FAILED', 'REFUNDED'];
