/** Reading an amount of whole rupiah as people write it, in either language's notation. */

const MOST_DIGITS = 15;
const GROUPED = /^\d{1,3}(?:\.\d{3})+$|^\d{1,3}(?:,\d{3})+$/;
const CURRENCY = /^(?:rp\.?|idr)|(?:rp|idr)$/gi;

/** Whether all separators of the text are between thousands, as in 200.000 or 1,500,000. */
export const isGrouped = (text) => GROUPED.test(text);

export const digitsOf = (text) => text.replace(/\D/g, '');

/**
 * `digits` of "200000", "Rp 200.000,00" or "200,000.00" ("200000"), or else `wrong`, the key of the error. Text that may
 * be read in two ways is refused, and so are sen: a separator that is dropped would pay a hundred times the amount.
 * @returns {{digits?: string, wrong?: string}}
 */
export function readAmount(text) {
  const [, whole, point, sen] = /^([\d.,]*?\d)(?:([.,])(\d{0,2}|-))?$/.exec(text.replace(/\s/g, '').replace(CURRENCY, '')) ?? [];
  const plain = /^\d+$/.test(whole ?? '.');
  if (!plain && (!isGrouped(whole ?? '') || whole.includes(point))) return { wrong: 'field.amount' };
  if (Number(digitsOf(sen ?? ''))) return { wrong: 'field.amount' };
  const digits = digitsOf(whole).replace(/^0+(?=\d)/, '');
  return digits.length > MOST_DIGITS ? { wrong: 'field.amountLong' } : { digits };
}
