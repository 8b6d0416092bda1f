/** The form of a new transfer, kept in this tab so that a reload or another page loses nothing. */

import { today } from './clock.js';

const KEY = 'console.draft';

export function draft() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  return { ...kept, partnerReferenceNo: kept.partnerReferenceNo || newReference() };
}

export const keepDraft = (fields) => sessionStorage.setItem(KEY, JSON.stringify(fields));

export const dropDraft = () => sessionStorage.removeItem(KEY);

/** Such as PAY-20240917-7K2M9Q4T: readable, and never given twice. */
export function newReference(prefix = 'PAY') {
  const letters = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
  const random = crypto.getRandomValues(new Uint8Array(8));
  return `${prefix}-${today().replaceAll('-', '')}-${Array.from(random, (byte) => letters[byte % letters.length]).join('')}`;
}
