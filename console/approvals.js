/** Batches that wait for an approval. */

import { today } from './clock.js';
import { dayAfter } from './format.js';
import { payouts } from './session.js';

const DAYS = 7;
const MOST = 100;
export const PENDING = 'PENDING_APPROVAL';

/** The batches, newest first. An approval may be given within seven days, so that one of the last month may still wait. */
export async function pending(signal) {
  const months = new Set([today(), dayAfter(today(), -DAYS)].map((day) => day.slice(0, 7)));
  const pages = await Promise.all([...months].map((month) => payouts.batches({ month, status: PENDING, limit: MOST }, { signal })));
  return pages.flatMap(({ batches }) => batches);
}

export const count = async (signal) => (await pending(signal)).length;
