/** An input for whole rupiah that groups the digits while they are typed. */

import { h } from './dom.js';
import { grouped } from './format.js';
import { currentLanguage, t } from './i18n.js';
import { inWords } from './words.js';

const MOST_DIGITS = 15;
const DECIMALS = /[.,](\d{1,2})$/;

/**
 * `value` is the wire form ("200000.00"), '' while empty, null for what is no whole amount. Decimals that are pasted
 * (200.000,00) are zeros that must not become digits, so they are cut off, and refused where they are not zeros.
 */
export function amountInput() {
  const words = h('p', { class: 'words', 'aria-live': 'polite' });
  const input = h('input', { inputmode: 'numeric', autocomplete: 'off', required: true, on: { input: (event) => group(event.inputType ?? '') } });
  let refused = false;

  function group(how) {
    const pasted = how.startsWith('insertFrom') || how === 'insertReplacementText';
    const decimals = pasted ? DECIMALS.exec(input.value) : null;
    refused = /[^\d.,\sRpIDR]/.test(input.value) || Boolean(decimals && Number(decimals[1]));
    const text = decimals && !refused ? input.value.slice(0, decimals.index) : input.value;
    const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
    const digits = digitsOf(text).replace(/^0+(?=\d)/, '').slice(0, MOST_DIGITS);
    if (!refused) write(digits, before);
    words.textContent = digits && !refused ? inWords(digits, currentLanguage()) : '';
  }

  /** Show the digits, and keep the caret behind as many digits as it was. */
  function write(digits, before) {
    input.value = grouped(digits);
    let position = 0;
    for (let seen = 0; position < input.value.length && seen < before; position += 1) seen += /\d/.test(input.value[position]) ? 1 : 0;
    if (document.activeElement === input) input.setSelectionRange(position, position);
  }

  function set(wire) {
    input.value = wire ? wire.replace(/\.\d\d$/, '') : '';
    group('');
  }

  const element = h('div', { class: 'amount' }, h('span', { class: 'prefix', 'aria-hidden': 'true' }, 'Rp'), input);
  const value = () => (refused ? null : input.value ? `${digitsOf(input.value)}.00` : '');
  return { element, words, value, set, hint: t('new.amountHint') };
}

const digitsOf = (text) => text.replace(/\D/g, '');
