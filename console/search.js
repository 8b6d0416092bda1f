/** Finding transfers by our reference in any case, by DOKU's reference, or by the beneficiary's account number. */

import { payouts } from './session.js';

/** The transfers that a text may mean, each once; `exact` is true if it is a reference of ours. */
export async function find(text, signal) {
  const spellings = [...new Set([text, text.toUpperCase(), text.toLowerCase()])];
  const [ours, byReference, byAccount] = await Promise.all([
    Promise.all(spellings.map((each) => orNone(payouts.get(each, { signal })))),
    orNone(payouts.page({ referenceNo: text.toUpperCase() }, { signal })),
    /^\d{1,32}$/.test(text) ? orNone(payouts.page({ beneficiaryAccountNumber: text, limit: 100 }, { signal })) : null,
  ]);
  const own = ours.filter(Boolean);
  const found = [...own, ...(byReference?.transfers ?? []), ...(byAccount?.transfers ?? [])];
  const each = new Map(found.map((transfer) => [transfer.partnerReferenceNo, transfer]));
  return { transfers: [...each.values()], exact: own.length > 0 };
}

/** The result, or null where the API finds nothing or refuses the text as a reference. */
async function orNone(asked) {
  try {
    return await asked;
  } catch (error) {
    if ([404, 422].includes(error.httpStatus)) return null;
    throw error;
  }
}
