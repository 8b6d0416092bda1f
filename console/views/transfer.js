/** One transfer: what is known of it and what is not, and what happened. Updates automatically. */

import { announce, fill, h, icon } from '../dom.js';
import { known, t } from '../i18n.js';
import { moment, rupiah, timeOfDay } from '../format.js';
import { payouts } from '../session.js';
import { advice, codeLink, facts, failure, loading, notice, tone } from '../widgets.js';

export const title = 'transfer.title';

export function render(main, { reference, signal }) {
  const trouble = h('div', { role: 'status' });
  const body = h('div', {}, loading());
  fill(main, h('h1', { tabindex: -1, class: 'code-title' }, h('span', { class: 'eyebrow' }, t(title)), reference), trouble, body);
  const page = { shown: null, signal, trouble, body };
  follow(page, reference);
}

/** Watch the transfer until nothing more is expected of it, and show every change. */
async function follow(page, reference) {
  const onTrouble = () => fill(page.trouble, notice('unknown', 'alert', h('p', {}, t('transfer.trouble'))));
  const until = (seen) => seen.nextCheckAt === null;
  try {
    for await (const seen of payouts.watch(reference, { signal: page.signal, until, onTrouble })) {
      fill(page.trouble);
      show(page, seen);
    }
  } catch (error) {
    if (!page.signal.aborted) fill(page.body, failure(error, { retry: () => follow(page, reference) }));
  }
}

function show(page, transfer) {
  const looked = `${t('transfer.updated', { time: timeOfDay(Date.now()) })}${transfer.nextCheckAt ? ` · ${t('transfer.live')}` : ''}`;
  if (page.shown?.updatedAt === transfer.updatedAt) {
    page.looked.textContent = looked;
    return;
  }
  if (page.shown && page.shown.status !== transfer.status) announce(known(`headline.${transfer.status}`, transfer.status));
  page.shown = transfer;
  page.looked = h('p', { class: 'fine' }, looked);
  const focused = page.body.contains(document.activeElement) ? document.activeElement.id : '';
  fill(page.body, statusCard(page, transfer), review(transfer), knowledge(transfer), h('div', { class: 'columns' }, timeline(transfer), details(transfer)));
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
      h('p', { class: 'amount-line' }, rupiah(transfer.amount)),
      h('p', {}, transfer.beneficiaryAccountName, ' · ', transfer.beneficiaryBankCode, ' ', transfer.beneficiaryAccountNumber),
      page.looked,
    ),
    h('div', { class: 'buttons' }, checkButton(page, transfer), copyButton(transfer)),
  );
}

function checkButton(page, transfer) {
  const button = h('button', { type: 'button', id: 'check', class: 'secondary', on: { click: check } }, t('transfer.check'));
  async function check() {
    if (button.getAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = t('transfer.checking');
    try {
      const seen = await payouts.check(transfer.partnerReferenceNo, { signal: page.signal });
      fill(page.trouble);
      show(page, seen);
      announce(t('transfer.checked', { status: known(`headline.${seen.status}`, seen.status) }));
    } catch (error) {
      if (!page.signal.aborted) fill(page.trouble, failure(error));
    }
    button.removeAttribute('aria-disabled');
    button.textContent = t('transfer.check');
  }
  return button;
}

function copyButton(transfer) {
  const button = h('button', { type: 'button', id: 'copy', class: 'quiet', on: { click: copy } }, t('transfer.copy'));
  async function copy() {
    await navigator.clipboard.writeText(transfer.partnerReferenceNo);
    button.textContent = t('transfer.copied');
    announce(t('transfer.copied'));
  }
  return button;
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

function details(transfer) {
  const { reason } = transfer;
  return h(
    'section',
    {},
    h('h2', {}, t('transfer.details')),
    facts(
      [t('transfer.reference'), h('span', { class: 'code' }, transfer.partnerReferenceNo)],
      [t('transfer.dokuReference'), transfer.referenceNo ? h('span', { class: 'code' }, transfer.referenceNo) : t('transfer.none')],
      [t('transfer.recipient'), transfer.beneficiaryAccountName || '–'],
      [t('transfer.account'), `${transfer.beneficiaryBankCode} · ${transfer.beneficiaryAccountNumber}`],
      [t('new.amount'), rupiah(transfer.amount)],
      [t('transfer.fee'), transfer.fee ? rupiah(transfer.fee) : t('new.feeUnknown')],
      [t('transfer.remark'), transfer.remark],
      [t('transfer.reason'), reason?.code ? [codeLink(reason.code), ' ', h('span', { lang: 'en' }, reason.message)] : null],
      [t('transfer.created'), moment(transfer.createdAt)],
      [t('transfer.nextCheck'), transfer.nextCheckAt ? moment(transfer.nextCheckAt) : t('transfer.noCheck')],
    ),
  );
}

function timeline(transfer) {
  const entries = [...transfer.history].reverse();
  return h(
    'section',
    {},
    h('h2', {}, t('transfer.timeline')),
    h('ol', { class: 'timeline' }, entries.map(entry)),
  );
}

function entry({ at, finding, source, code, message }) {
  const [colour] = tone(finding);
  const own = ['SUBMITTING', 'RESENT'].includes(finding); // our doing, nobody's answer
  const plain = ['RESENT', 'NOT_FOUND', 'UNCLEAR', 'NOTIFIED'].includes(finding);
  return h(
    'li',
    { class: plain ? 'plain' : colour },
    h('p', { class: 'strong' }, known(`finding.${finding}`, finding)),
    h('p', { class: 'sub' }, h('time', { datetime: at }, moment(at)), !own && ` · ${known(`source.${source}`, source)}`),
    (code || message) && h('p', { class: 'sub' }, code && codeLink(code), code && ' ', message && h('span', { lang: 'en' }, message)),
  );
}
