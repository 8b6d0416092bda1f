/** Batches that wait for an approval. */

import { today } from './clock.js';
import { dayAfter } from './format.js';
import { claims, payouts } from './session.js';

const DAYS = 7;
const MOST = 100;
export const PENDING = 'PENDING_APPROVAL';

/** The batches, newest first. An approval may be given within seven days, so that one of the last month may still wait. */
export async function pending(signal) {
  const months = new Set([today(), dayAfter(today(), -DAYS)].map((day) => day.slice(0, 7)));
  const pages = await Promise.all([...months].map((month) => payouts.batches({ month, status: PENDING, limit: MOST }, { signal })));
  return pages.flatMap(({ batches }) => batches);
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
