/** The open transfers of all days. */

import { payouts } from './session.js';

const PAGE = 100;

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

/** Whether an operator must act on an open transfer. */
export const needsPerson = ({ review, status }) => review || status === 'DISPUTED';

/** Whether it is not known if an open transfer was or will be paid: a status that a later answer contradicts counts, too. */
export const isUnknown = ({ status, final }) => ['SUBMITTING', 'IN_DOUBT'].includes(status) || (ENDED.includes(status) && !final);

const ENDED = ['SUCCESS', 'FAILED', 'REFUNDED'];
