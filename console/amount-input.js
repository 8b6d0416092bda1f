/** An input for whole rupiah that groups the digits while they are typed. */

import { digitsOf, isGrouped, readAmount } from './amount.js';
import { h } from './dom.js';
import { grouped } from './format.js';
import { currentLanguage, t } from './i18n.js';
import { inWords } from './words.js';

/**
 * `value` is the wire form ("200000.00"), '' while empty, and null for an unreadable text; `wrong` is then the key of the
 * error. Typed, pasted and filled-in text is read as a whole, without the separators that this field has added. Typed
 * separators stay until the field loses the focus, since more digits may follow (200.0, 200.000).
 */
export function amountInput({ required = true } = {}) {
  const words = h('p', { class: 'words', 'aria-live': 'polite' });
  const input = h('input', { inputmode: 'numeric', autocomplete: 'off', required, on: { beforeinput: remember, input: edited, blur: tidy } });
  let shown = '';
  let separatorsAreOurs = false;
  let partly = false;
  let reading = { digits: '' };

  /** Remember whether an edit changes only a part. A fill or autofill, which replaces all, may fire no beforeinput. */
  function remember() {
    partly = input.selectionEnd - input.selectionStart < shown.length;
  }

  function edited() {
    const edit = partly ? difference(shown, input.value) : { before: '', added: input.value, after: '' };
    partly = false;
    const between = separatorsAreOurs || (isGrouped(shown) && /^\d*$/.test(edit.added));
    const text = between ? digitsOf(edit.before) + edit.added + digitsOf(edit.after) : input.value;
    read(text, /^\d*$/.test(text) || edit.added.length > 1);
  }

  /** Read the text, and show it: grouped where it is `whole`, otherwise as it is. */
  function read(text, whole) {
    reading = text.trim() ? readAmount(text) : { digits: '' };
    separatorsAreOurs = whole && !reading.wrong;
    write(separatorsAreOurs ? grouped(reading.digits) : text);
    words.textContent = reading.digits ? inWords(reading.digits, currentLanguage()) : '';
  }

  function tidy() {
    if (!separatorsAreOurs) read(input.value, true);
  }

  /** Show the text, and keep the caret behind as many digits as it was. */
  function write(text) {
    shown = text;
    if (input.value === text) return;
    const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
    const atEnd = input.selectionStart === input.value.length;
    input.value = text;
    let position = 0;
    for (let seen = 0; position < text.length && (atEnd || seen < before); position += 1) seen += /\d/.test(text[position]) ? 1 : 0;
    if (document.activeElement === input) input.setSelectionRange(position, position);
  }

  function set(wire) {
    input.value = wire ?? '';
    read(input.value, true);
  }

  const element = h('div', { class: 'amount' }, h('span', { class: 'prefix', 'aria-hidden': 'true' }, 'Rp'), input);
  const value = () => (reading.wrong ? null : reading.digits && `${reading.digits}.00`);
  return { element, words, value, wrong: () => reading.wrong ?? null, set, hint: t('new.amountHint') };
}

/** The unchanged start and end of two texts, and the text added between them. */
function difference(old, text) {
  const most = Math.min(old.length, text.length);
  let start = 0;
  while (start < most && old[start] === text[start]) start += 1;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === text.at(-1 - end)) end += 1;
  const after = text.length - end;
  return { before: text.slice(0, start), added: text.slice(start, after), after: text.slice(after) };
}
