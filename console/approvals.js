/** Batches that wait for an approval. */

import { claims, payouts } from './session.js';

const MOST = 100;
export const PENDING = 'PENDING_APPROVAL';

/** The batches of all months, newest first. */
export async function pending(signal) {
  const { batches } = await payouts.batches({ status: PENDING, limit: MOST }, { signal });
  return batches;
}

/** How many the reader may approve, as far as the list shows it: not those that the reader created. One call a page. */
export function count(signal) {
  if (latest.signal !== signal) latest = { signal, result: pending(signal).then((batches) => batches.filter(isOfOthers).length, nothingIfForbidden) };
  return latest.result;
}

let latest = {};

/** An opaque token shows no scopes: whether it may read batches, only the API knows. */
function nothingIfForbidden(error) {
  if (error.httpStatus === 403) return 0;
  throw error;
}

/** A batch names its creator by one of the token's claims; which one is the deployment's choice. */
const isOfOthers = ({ createdBy }) => !Object.values(claims()).includes(createdBy);
