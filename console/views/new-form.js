/** The form of a new transfer: its fields, their errors, and errors of the API about them. */

import { fill, h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { amountInput } from '../amount-input.js';
import { bankPicker } from '../bank-picker.js';
import { isLess, rupiah } from '../format.js';
import { lastFee } from '../funds.js';
import { failure, field, placeErrors, toFirst } from '../widgets.js';

const ASCII = /^[ -~]*$/;
const CHECKS = {
  beneficiaryAccountNumber: (text) => (/^[0-9]{1,32}$/.test(text) ? null : 'field.account'),
  beneficiaryAccountName: (text) => (ASCII.test(text) ? null : 'field.ascii'),
  customerNumber: (text) => (/^[0-9]{5,32}$/.test(text) ? null : 'field.phone'),
  remark: (text) => (ASCII.test(text) ? null : 'field.ascii'),
  partnerReferenceNo: (text) => (/^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}$/.test(text) ? null : 'field.reference'),
};

/**
 * `fields` as in POST /v1/transfers; `onChange` gets every change, `onReady(fields, form)` a form that can be sent. The
 * form's `busy(true)` disables it, `fail(error)` shows an error of the API at its field, and `showFunds(funds)` the
 * balance, against which the amount is compared while it is typed.
 */
export function detailsForm({ fields, onChange, onReady }) {
  const bank = bankPicker();
  const amount = amountInput();
  const funds = fundsLine();
  const wrongAt = { beneficiaryBankCode: bank.wrong, amount: amount.wrong };
  const input = (attributes) => h('input', { autocomplete: 'off', spellcheck: 'false', ...attributes });
  const parts = {
    beneficiaryBankCode: field('bank', t('new.bank'), bank.element, { hint: t('new.bankHint') }),
    beneficiaryAccountNumber: field('account', t('new.account'), input({ inputmode: 'numeric', maxlength: 40, required: true }), { hint: t('new.accountHint') }),
    beneficiaryAccountName: field('name', t('new.name'), input({ maxlength: 100, required: true }), { hint: t('new.nameHint') }),
    customerNumber: field('phone', t('new.phone'), input({ inputmode: 'tel', maxlength: 40, required: true }), { hint: t('new.phoneHint') }),
    amount: field('amount', t('new.amount'), amount.element, { hint: amount.hint }),
    remark: field('remark', t('new.remark'), input({ maxlength: 255 }), { optional: true }),
    partnerReferenceNo: field('reference', t('new.reference'), input({ maxlength: 64, required: true, class: 'code' }), { hint: t('new.referenceHint') }),
  };
  const button = h('button', { class: 'primary', id: 'continue' }, t('new.continue'));
  const problem = h('div', {});
  const form = h(
    'form',
    { class: 'card form', novalidate: true, on: { submit, input: changed } },
    problem,
    h('fieldset', {}, h('legend', {}, t('new.recipient')), pick('beneficiaryBankCode', 'beneficiaryAccountNumber', 'beneficiaryAccountName', 'customerNumber')),
    h('fieldset', {}, h('legend', {}, t('new.payment')), pick('amount'), h('div', { class: 'beside' }, amount.words, funds.element), pick('remark', 'partnerReferenceNo')),
    h('div', { class: 'buttons end' }, button),
  );
  write();

  function changed() {
    const given = read();
    funds.compare(given.amount);
    onChange(given);
  }

  function showFunds(balance) {
    funds.show(balance);
    funds.compare(read().amount);
  }

  function pick(...names) {
    return names.map((name) => parts[name].element);
  }

  function write() {
    for (const [name, part] of Object.entries(parts)) if (typeof fields[name] === 'string') part.input.value = fields[name];
    bank.set(fields.beneficiaryBankCode ?? '');
    amount.set(fields.amount?.value ?? '');
  }

  function read() {
    const texts = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.input.value.trim()]));
    const digits = (text) => text.replace(/[\s-]/g, '');
    return {
      ...texts,
      beneficiaryAccountNumber: digits(texts.beneficiaryAccountNumber),
      customerNumber: digits(texts.customerNumber).replace(/^\+/, ''),
      beneficiaryBankCode: bank.value(),
      amount: { value: amount.value(), currency: 'IDR' },
    };
  }

  function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    fill(problem);
    const given = read();
    const wrong = Object.entries(parts).filter(([name, part]) => {
      const key = wrongAt[name]?.() ?? wrongWith(name, given[name]);
      part.fail(key && t(key));
      return key;
    });
    if (!wrong.length) onReady(given, handle);
    else toFirst(wrong.map(([, part]) => part));
  }

  function fail(error) {
    if (!placeErrors(parts, error)) fill(problem, failure(error, { note: error.nothingSent ? t('new.nothingSent') : null }));
  }

  function busy(now) {
    button.disabled = now;
    button.textContent = t(now ? 'new.checking' : 'new.continue');
    form.setAttribute('aria-busy', String(now));
  }

  const handle = { element: form, fail, busy, showFunds };
  return handle;
}

/** A line with the available balance and the last fee, and a warning if an amount exceeds the balance. */
function fundsLine() {
  const text = h('p', { class: 'fine' });
  const warning = h('p', { class: 'field-error', role: 'status' });
  let available = null;
  const show = ({ availableBalance }) => {
    available = availableBalance;
    const fee = lastFee();
    fill(text, available && t('new.available', { amount: rupiah(available) }), fee && ` · ${t('new.lastFee', { amount: rupiah(fee) })}`);
  };
  const compare = (amount) => fill(warning, ...(available && amount.value && isLess(available, amount) ? [icon('alert'), h('span', {}, t('new.overBalance'))] : []));
  return { element: h('div', { class: 'funds-line' }, text, warning), show, compare };
}

/** The key of a field's error, or null. */
function wrongWith(name, value) {
  const text = name === 'amount' ? value.value : value;
  if (text === '' && name !== 'remark') return 'field.required';
  return CHECKS[name]?.(value) ?? null;
}
