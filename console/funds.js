/** Whether the balance covers a transfer, and the fee that DOKU named last. */

import { isLess, total } from './format.js';
import { payouts } from './session.js';

const FEE = 'console.fee';
const UNKNOWN = { availableBalance: null, creditAlertLimit: null, acceptsTransfers: true };

/** The balance; unknown, not zero, if it cannot be read. */
export const funds = (signal) => payouts.balance({ signal, attempts: 1 }).catch(() => UNKNOWN);

/** Amount and fee together; the amount alone if DOKU names no fee. */
export const withFee = (amount, fee) => (fee ? total(amount, fee) : amount);

/** Whether the available balance is known and less than an amount. */
export const isShort = ({ availableBalance }, amount) => availableBalance !== null && isLess(availableBalance, amount);

/** The fee of the last account inquiry in this tab, or null. */
export const lastFee = () => JSON.parse(sessionStorage.getItem(FEE) ?? 'null');

export const keepFee = (fee) => fee && sessionStorage.setItem(FEE, JSON.stringify(fee));
