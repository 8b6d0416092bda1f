/** One transfer: what is known of it and what is not, and what to do. Updates automatically. */

import { announce, fill, h, icon } from '../dom.js';
import { known, t } from '../i18n.js';
import { bankName, loadBankNames } from '../bank-list.js';
import { moment, rupiah } from '../format.js';
import { may, payouts } from '../session.js';
import { advice, empty, failure, loading, notice, tone } from '../widgets.js';
import { actions, moreActions } from './transfer-actions.js';
import { details, timeline } from './transfer-details.js';
import { notes, settlement } from './transfer-support.js';

export const title = 'transfer.title';

export function render(main, { reference, go, signal }) {
  const trouble = h('div', { role: 'status' });
  const body = h('div', {}, loading());
  const support = h('div', {});
  fill(main, h('h1', { tabindex: -1, class: 'code-title' }, h('span', { class: 'eyebrow' }, t(title)), reference), trouble, body, support);
  const page = { shown: null, signal, trouble, body, support, go };
  page.show = (transfer) => show(page, transfer);
  follow(page, reference);
}

/** Whether the transfer may still change: a check is planned, or it is paid and may be refunded. */
const isLive = ({ nextCheckAt, status }) => nextCheckAt !== null || status === 'SUCCESS';

/** Watch the transfer until nothing more is expected of it, and show every change. */
async function follow(page, reference) {
  const onTrouble = () => fill(page.trouble, notice('unknown', 'alert', h('p', {}, t('transfer.trouble'))));
  const until = (seen) => !isLive(seen);
  try {
    await loadBankNames();
    for await (const seen of payouts.watch(reference, { signal: page.signal, until, onTrouble })) {
      fill(page.trouble);
      show(page, seen);
    }
  } catch (error) {
    if (page.signal.aborted) return;
    const missing = error.code === 'TRANSACTION_NOT_FOUND';
    const search = h('a', { href: `#/transfers?q=${encodeURIComponent(reference)}` }, t('transfer.search'));
    fill(page.body, missing ? empty(t('transfer.missing'), search) : failure(error, { retry: () => follow(page, reference) }));
  }
}

function show(page, transfer) {
  if (page.shown?.updatedAt === transfer.updatedAt) return;
  if (page.shown && page.shown.status !== transfer.status) announce(known(`headline.${transfer.status}`, transfer.status));
  if (!page.shown && may('transfers:read')) fill(page.support, notes(transfer.partnerReferenceNo, page.signal));
  page.shown = transfer;
  const focused = page.body.contains(document.activeElement) ? document.activeElement.id : '';
  fill(page.body, statusCard(page, transfer), review(transfer), knowledge(transfer), settlement(page, transfer), h('div', { class: 'columns' }, timeline(transfer), details(transfer)));
  if (focused) document.getElementById(focused)?.focus();
}

function statusCard(page, transfer) {
  const [colour, picture] = tone(transfer.status);
  return h(
    'section',
    { class: `status-card ${colour}`, 'aria-label': t('list.status') },
    h('div', { class: 'status-icon' }, icon(picture)),
    h(
      'div',
      {},
      h('p', { class: 'status-line' }, known(`headline.${transfer.status}`, transfer.status)),
      h('p', { class: 'amount-line amount-text' }, rupiah(transfer.amount)),
      h('p', {}, `${transfer.beneficiaryAccountName || '–'} · ${bankName(transfer.beneficiaryBankCode)} ${transfer.beneficiaryAccountNumber}`.trimEnd()),
      h('p', { class: 'fine' }, t('transfer.updated', { time: moment(transfer.updatedAt) }), isLive(transfer) && h('span', { class: 'screen-only' }, ` · ${t('transfer.live')}`)),
    ),
    actions(page, transfer),
    moreActions(page, transfer),
  );
}

const review = (transfer) => transfer.review && notice('alarm', 'alert', h('p', {}, t('transfer.review')));

function knowledge(transfer) {
  const part = (key, text) => h('div', {}, h('h2', {}, t(`transfer.${key}Title`)), h('p', {}, text));
  const ending = certainty(transfer);
  const said = (key) => known(`${key}.${transfer.status}.${ending}`, known(`${key}.${transfer.status}`, '–'));
  return h('section', { class: 'knowledge' }, part('known', said('known')), part('unknown', said('unknown')), part('next', advice(transfer)));
}

/** How sure the end of a transfer is: contradicted by DOKU, settled by an operator, inferred, or as DOKU said. */
function certainty({ final, status, reason }) {
  if (!final && ['SUCCESS', 'FAILED', 'REFUNDED'].includes(status)) return 'contradicted';
  return { SETTLED: 'settled', NOT_RECEIVED: 'inferred' }[reason?.code] ?? 'stated';
}
