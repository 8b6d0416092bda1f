/** Pieces that several pages share. */

import { translated } from './api-texts.js';
import { bankName } from './bank-list.js';
import { announce, fill, h, icon } from './dom.js';
import { known, t } from './i18n.js';
import { rupiah } from './format.js';
import { messageElement } from './reasons.js';

const TONES = {
  SUBMITTING: ['unknown', 'question'],
  IN_DOUBT: ['unknown', 'question'],
  ACCEPTED: ['open', 'clock'],
  UNPAID: ['open', 'clock'],
  SUCCESS: ['good', 'check'],
  FAILED: ['bad', 'cross'],
  DISPUTED: ['alarm', 'alert'],
  REFUNDED: ['back', 'back'],
};

/** Colour and icon of a status; never the colour alone. */
export const tone = (status) => TONES[status] ?? TONES.IN_DOUBT;

export function badge(status) {
  const [colour, picture] = tone(status);
  return h('span', { class: `badge ${colour}` }, icon(picture), known(`status.${status}`, status));
}

export const loading = () => h('p', { class: 'loading', role: 'status' }, h('span', { class: 'spinner' }), t('app.loading'));

/** A text for an empty list, with actions that lead on. */
export const empty = (text, ...actions) => h('div', { class: 'empty' }, h('p', {}, text), actions.length > 0 && h('p', { class: 'actions' }, actions));

/** Show in a section what `load` resolves to, or its failure with a way to try again. */
export async function loadInto(section, signal, load) {
  fill(section, loading());
  try {
    fill(section, await load());
  } catch (error) {
    if (signal.aborted) return;
    const isKnown = error.code === 'UNAUTHORIZED' && document.querySelector('[data-code=UNAUTHORIZED]');
    fill(section, !isKnown && failure(error, { retry: () => loadInto(section, signal, load) }));
  }
}

/** An error with the API's message and the next step. `retry` is called to try again. */
export function failure(error, { retry, note } = {}) {
  const { code, message, requestId, dokuResponseCode, dokuResponseMessage, transfer, transfersStopped } = error;
  return h(
    'div',
    { class: 'notice bad', role: 'alert', 'data-code': code },
    icon('alert'),
    h(
      'div',
      {},
      h('h2', {}, errorTitle(error)),
      note && h('p', { class: 'strong' }, note),
      transfersStopped && h('p', {}, t('stopped.text')),
      transfer && standing(transfer),
      !transfersStopped && !transfer && code !== 'NETWORK_ERROR' && h('p', { lang: 'en' }, message),
      dokuResponseCode && h('p', {}, `${t('error.dokuSaid')}: `, codeLink(dokuResponseCode), ' ', h('span', { lang: 'en' }, dokuResponseMessage ?? '')),
      requestId && h('p', { class: 'fine' }, t('error.requestId', { id: requestId })),
      h(
        'p',
        { class: 'actions' },
        retry && h('button', { type: 'button', class: 'secondary', on: { click: retry } }, t('app.retry')),
        ['UNAUTHORIZED', 'FORBIDDEN'].includes(code) && h('a', { href: '#/settings' }, t('error.toSettings')),
      ),
    ),
  );
}

/** The transfer that an error names, and its next action. */
function standing(transfer) {
  const [before, after] = t('error.standing', { reference: '\u0000' }).split('\u0000');
  return [
    h('p', {}, before, referenceLink(transfer.partnerReferenceNo), after, ' ', badge(transfer.status)),
    h('p', { class: 'strong' }, advice(transfer)),
  ];
}

/** What to do about a transfer, in words. */
export function advice(transfer) {
  const { batchReference: batch, batchRow: row } = transfer;
  return batch && mayPayAgain(transfer) ? `${nextStep(transfer)} ${t('transfer.ofBatch', { row, batch })}` : nextStep(transfer);
}

function nextStep({ status, nextAction }) {
  if (status === 'REFUNDED' && nextAction === 'CORRECT_AND_RESEND') return t('next.REFUNDED'); // it was paid for a while
  return known(`action.${nextAction}`, known(`next.${status}`, '–'));
}

/** Whether the API says that the same payment may be made under a new reference. */
export const mayPayAgain = (transfer) => ['TOP_UP', 'CORRECT_AND_RESEND'].includes(transfer?.nextAction);

/** The title of an error. A 429 that may not be sent again is a daily limit, a stop of the operator no outage. */
function errorTitle({ code, httpStatus, retryable, transfersStopped }) {
  if (transfersStopped) return t('error.title.stopped');
  if (code === 'TOO_MANY_REQUESTS' && httpStatus === 429 && !retryable) return t('error.title.dailyLimit');
  return known(`error.title.${code}`, t('error.title.other'));
}

export function notice(colour, picture, ...children) {
  return h('div', { class: `notice ${colour}` }, icon(picture), h('div', {}, ...children));
}

/** A link to the explanation of a code; a code such as 2005300/00 is explained by its first part. */
export const codeLink = (code) => h('a', { class: 'code', href: `#/codes?code=${encodeURIComponent(code.split('/')[0])}` }, code);

export const batchLink = (reference) => h('a', { class: 'code', href: `#/batches/${encodeURIComponent(reference)}` }, reference);

export const referenceLink = (reference) => h('a', { class: 'code', href: `#/transfers/${encodeURIComponent(reference)}` }, reference);

/** A list of terms and values, without the pairs whose value is null. */
export function facts(...pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined);
  return h('dl', { class: 'facts' }, shown.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))));
}

const COLUMNS = ['list.transfer', 'list.created', 'list.recipient', 'list.account', 'list.amount', 'list.status'];

/** Transfers as a table, which a phone shows as cards. `created` formats the time of creation. Banks have names once loaded. */
export function transferTable(transfers, created) {
  return h(
    'table',
    { class: 'transfers', role: 'table' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, COLUMNS.map((key) => h('th', { scope: 'col', role: 'columnheader', class: key === 'list.amount' ? 'number' : null }, t(key))))),
    h('tbody', { role: 'rowgroup' }, transfers.map((each) => transferRow(each, created))),
  );
}

/** A row that opens its transfer wherever it is clicked. */
export function transferRow(transfer, created) {
  const { partnerReferenceNo, beneficiaryAccountName, beneficiaryBankCode, beneficiaryAccountNumber, amount, createdAt } = transfer;
  const link = referenceLink(partnerReferenceNo);
  const open = (event) => !event.target.closest('a') && !String(getSelection()) && link.click();
  const cell = (name, ...children) => h('td', { role: 'cell', class: name }, ...children);
  return h(
    'tr',
    { role: 'row', on: { click: open } },
    h('th', { scope: 'row', role: 'rowheader', class: 'reference' }, link),
    cell('created', h('time', { datetime: createdAt }, created(createdAt))),
    cell('recipient', beneficiaryAccountName || '–'),
    cell('account', beneficiaryAccountNumber ? `${bankName(beneficiaryBankCode)} ••••${beneficiaryAccountNumber.slice(-4)}` : bankName(beneficiaryBankCode)),
    cell('number', rupiah(amount)),
    cell('status', badge(transfer.status), reasonLine(transfer)),
  );
}

/** Why a transfer is not paid, in few words. The last word about a disputed one would be half of a contradiction. */
function reasonLine({ status, reason }) {
  if (!reason?.message || !['FAILED', 'IN_DOUBT'].includes(status)) return null;
  return h('span', { class: 'sub reason' }, messageElement(reason.message));
}

/**
 * A labelled field. `control` gets an id, its hint and its error by aria-describedby; `field.fail(text)` shows an error
 * at it, or takes it away. The element of the field is `field.element`.
 */
export function field(id, label, control, { hint, optional = false } = {}) {
  const input = control.matches('input, select, textarea') ? control : control.querySelector('input');
  const errorId = `${id}-error`;
  const hintId = `${id}-hint`;
  const error = h('p', { class: 'field-error', id: errorId, hidden: true });
  input.id = id;
  input.setAttribute('aria-describedby', hint ? `${hintId} ${errorId}` : errorId);
  const element = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label, optional && h('span', { class: 'optional' }, ` (${t('new.optional')})`)),
    hint && h('p', { class: 'hint', id: hintId }, hint),
    control,
    error,
  );
  const fail = (text, language = null) => {
    error.replaceChildren(...(text ? [icon('alert'), h('span', { lang: language }, text)] : []));
    error.hidden = !text;
    input.toggleAttribute('aria-invalid', Boolean(text));
    if (text) input.setAttribute('aria-invalid', 'true');
  };
  input.addEventListener('input', () => fail(null));
  return { element, input, fail };
}

/** Move the focus to the first field that is wrong, and announce how many are. */
export function toFirst(wrong) {
  wrong[0].input.focus();
  announce(t('field.summary', { count: wrong.length }));
}

/**
 * Show an error of the API at the fields that it names; false unless each message names one. A message names its field
 * first: "amount.value must be at least ..."; several are joined by "; ".
 */
export function placeErrors(parts, error) {
  const messages = error.message.split('; ').map((text) => [Object.keys(parts).find((name) => new RegExp(`^${name}\\b`).test(text)), text]);
  const placed = messages.filter(([name]) => name);
  for (const [name, text] of placed) parts[name].fail(translated(text) ?? text, translated(text) ? null : 'en');
  if (placed.length < messages.length) return false;
  toFirst(placed.map(([name]) => parts[name]));
  return true;
}
