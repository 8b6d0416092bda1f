/** Amounts, times and names as people read them. */

import { locale } from './i18n.js';

const ZONE = 'Asia/Jakarta';

/** "200000.00" as Rp 200.000; the text goes to Intl as it is, so that no float rounds it. */
export function rupiah(amount) {
  if (!amount) return '–';
  const digits = amount.value.endsWith('.00') ? 0 : 2;
  const format = { style: 'currency', currency: 'IDR', currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), format).format(amount.value);
}

/** The exact sum of amounts. */
export function total(...amounts) {
  const sen = amounts.reduce((sum, each) => sum + BigInt(each.value.replace('.', '')), 0n);
  return { value: `${sen / 100n}.${String(sen % 100n).padStart(2, '0')}`, currency: 'IDR' };
}

/** How much more an amount is than another. */
export function difference(more, less) {
  const sen = BigInt(more.value.replace('.', '')) - BigInt(less.value.replace('.', ''));
  return { value: `${sen / 100n}.${String(sen % 100n).padStart(2, '0')}`, currency: 'IDR' };
}

/** Whether an amount is less than another. */
export const isLess = (one, other) => BigInt(one.value.replace('.', '')) < BigInt(other.value.replace('.', ''));

/** Digits with the separators of the language: 200.000. */
export const grouped = (digits) => (digits ? new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(BigInt(digits)) : '');

/** A moment in WIB: 17 Sep 2024, 14.41.52 WIB. */
export function moment(time) {
  const format = { timeZone: ZONE, day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  return `${new Intl.DateTimeFormat(locale(), format).format(new Date(time))} WIB`;
}

/** The time of day in WIB: 14.41.52. */
export function timeOfDay(time) {
  const format = { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(locale(), format).format(new Date(time));
}

/** The hour in WIB, 0 to 23. */
export const hourOf = (time) => Number(new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', hourCycle: 'h23' }).format(new Date(time)));

/** Day and time of day in WIB: 17 Sep 14.41. */
export function shortMoment(time) {
  const format = { timeZone: ZONE, day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(locale(), format).format(new Date(time));
}

/** A moment in WIB as an input of type datetime-local has it: 2024-09-17T14:41. */
export const localTime = (time) => (time ? new Date(Date.parse(time) + 7 * 3_600_000).toISOString().slice(0, 16) : '');

/** A day such as 2024-09-17 in words. */
export function dayInWords(day) {
  const format = { timeZone: 'UTC', weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' };
  return new Intl.DateTimeFormat(locale(), format).format(new Date(`${day}T00:00:00Z`));
}

/** The day that is `days` after one such as 2024-09-17. */
export function dayAfter(day, days) {
  const moved = new Date(`${day}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** An account number with all but its last four digits hidden. */
export const masked = (account) => `••••${account.slice(-4)}`;

/** Whether two names are the same but for case, spacing, punctuation and accents, as the API compares them. */
export function sameName(one, other) {
  const fold = (name) => name.normalize('NFD').replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase();
  return !other.includes('*') && fold(one) !== '' && fold(one) === fold(other);
}

/** A number of bytes: 12 kB. */
export function fileSize(bytes) {
  const [divisor, unit] = bytes < 1_000_000 ? [1000, 'kilobyte'] : [1_000_000, 'megabyte'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / divisor);
}

/** How long until a time, roughly: 3 minutes, 2 hours. */
export function timeLeft(milliseconds) {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  const [value, unit] = minutes < 90 ? [minutes, 'minute'] : [Math.round(minutes / 60), 'hour'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
