/** A search box for banks and e-wallets: an ARIA combobox with a listbox. It accepts unlisted codes as well. */

import { announce, h } from './dom.js';
import { t } from './i18n.js';
import { banks as listedBanks } from './bank-list.js';

const MOST = 12;
const CODE = /^[0-9A-Za-z]{3,16}$/;

/**
 * `value` is a code or ''; `wrong` is the key of the error for a text that names no bank, or null.
 * @returns {{element: HTMLElement, value: () => string, wrong: () => string|null, set: (code: string) => void}}
 */
export function bankPicker() {
  const listId = 'bank-list';
  const list = h('ul', { id: listId, role: 'listbox', class: 'options', hidden: true, 'aria-label': t('new.bank') });
  const input = h('input', {
    role: 'combobox',
    autocomplete: 'off',
    spellcheck: 'false',
    required: true,
    'aria-expanded': 'false',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
    on: { input: onInput, focus: () => input.select(), keydown: onKey, blur: () => close() },
  });
  let banks = [];
  let unlisted = false; // the list could not be loaded: a code can still be typed
  let chosen = null;
  let wanted = '';
  let active = -1;
  const loaded = listedBanks().then(
    (listed) => {
      banks = listed;
      if (wanted) set(wanted);
    },
    () => (unlisted = true),
  );

  function onInput() {
    wanted = ''; // what is typed counts, also while the banks are still being loaded
    choose(null);
    open();
  }

  function matches() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = banks.filter((bank) => {
      const text = `${bank.code} ${bank.name} ${bank.short_name} ${bank.swift}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const exact = (bank) => words.length > 0 && [bank.code, bank.short_name.toLowerCase()].includes(words.join(' '));
    const rank = (bank) => (exact(bank) ? 0 : 1); // then by use, as the API lists them
    return found.sort((one, other) => rank(one) - rank(other)).slice(0, MOST);
  }

  async function open() {
    await loaded;
    const found = matches();
    const code = input.value.trim();
    const another = CODE.test(code) && (unlisted || /\d/.test(code)) && !banks.some((bank) => bank.code === code);
    const options = found.map((bank) => option(bank.code, bank.name, bank.code));
    if (another) options.push(option(code, t('new.bankUse', { code }), ''));
    if (!options.length) options.push(h('li', { class: 'none' }, t('new.bankNone')));
    list.replaceChildren(...options);
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    activate(-1);
    announce(t('new.bankFound', { count: found.length }));
  }

  function option(code, text, note) {
    const pick = (event) => (event.preventDefault(), choose({ code, text: note ? `${text} · ${note}` : code }), close());
    return h('li', { role: 'option', id: `bank-${code}`, 'aria-selected': 'false', 'data-code': code, on: { mousedown: pick } }, h('span', {}, text), h('span', { class: 'code' }, note));
  }

  function close() {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    if (!chosen && named()) set(named());
  }

  /** The code that is typed exactly, as itself or as a bank's short name; '' where that is none, or more than one. */
  function named() {
    const text = input.value.trim();
    const alike = (one) => one.toLowerCase() === text.toLowerCase();
    const byCode = banks.find((bank) => alike(bank.code));
    const byName = banks.filter((bank) => alike(bank.short_name));
    if (unlisted) return CODE.test(text) ? text : '';
    if (!text) return '';
    return byCode?.code ?? (byName.length === 1 ? byName[0].code : '');
  }

  function choose(bank) {
    chosen = bank;
    if (bank) input.value = bank.text;
  }

  /** Mark the option at `index`; -1 is none. */
  function activate(index) {
    const options = [...list.querySelectorAll('[role=option]')];
    active = index;
    options.forEach((each, position) => each.setAttribute('aria-selected', String(position === active)));
    if (active < 0) return input.removeAttribute('aria-activedescendant');
    options[active].scrollIntoView({ block: 'nearest' });
    return input.setAttribute('aria-activedescendant', options[active].id);
  }

  function onKey(event) {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const last = list.querySelectorAll('[role=option]').length - 1;
      if (list.hidden) open();
      else if (event.key === 'ArrowDown') activate(active >= last ? Math.min(0, last) : active + 1);
      else activate(active <= 0 ? last : active - 1);
    } else if (event.key === 'Enter' && !list.hidden) {
      event.preventDefault();
      const options = [...list.querySelectorAll('[role=option]')];
      (options[active] ?? options[0])?.dispatchEvent(new MouseEvent('mousedown', { cancelable: true }));
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      close();
    }
  }

  function set(code) {
    wanted = code;
    const bank = banks.find((each) => each.code === code);
    choose(code ? { code, text: bank ? `${bank.name} · ${code}` : code } : null);
  }

  const value = () => chosen?.code ?? named();
  return { element: h('div', { class: 'combobox' }, input, list), set, value, wrong: () => (input.value.trim() && !value() ? (unlisted ? 'field.bankCode' : 'field.bank') : null) };
}
