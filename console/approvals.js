/** Batches that wait for an approval. */

import { payouts } from './session.js';

const MOST = 100;
export const PENDING = 'PENDING_APPROVAL';

/** The batches of all months, newest first. */
export async function pending(signal) {
  const { batches } = await payouts.batches({ status: PENDING, limit: MOST }, { signal });
  return batches;
}

export const count = async (signal) => (await pending(signal)).length;
