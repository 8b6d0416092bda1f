/** The details and the timeline of a transfer. */

import { h } from '../dom.js';
import { known, t } from '../i18n.js';
import { bankName } from '../bank-list.js';
import { now } from '../clock.js';
import { moment, rupiah } from '../format.js';
import { messageElement } from '../reasons.js';
import { config } from '../session.js';
import { externalIds } from '../ticket.js';
import { codeLink, facts, tone } from '../widgets.js';

const CHECKED_FOR = 9 * 86_400_000; // until the day of the last check has passed, whatever the time of day

export function details(transfer) {
  const { reason } = transfer;
  const code = (text) => h('span', { class: 'code' }, text);
  return h(
    'section',
    {},
    h('h2', {}, t('transfer.details')),
    facts(
      [t('transfer.reference'), code(transfer.partnerReferenceNo)],
      [t('transfer.dokuReference'), transfer.referenceNo ? code(transfer.referenceNo) : t('transfer.none')],
      [t('transfer.externalIds'), externalIds(transfer).map((id) => h('div', {}, code(id)))],
      [t('transfer.recipient'), isForgotten(transfer) ? t('transfer.forgotten') : transfer.beneficiaryAccountName || '–'],
      [t('transfer.account'), [`${bankName(transfer.beneficiaryBankCode)} (${transfer.beneficiaryBankCode})`, transfer.beneficiaryAccountNumber].filter(Boolean).join(' · ')],
      [t('new.amount'), h('span', { class: 'amount-text' }, rupiah(transfer.amount))],
      [t('transfer.fee'), feeText(transfer)],
      [t('transfer.remark'), transfer.remark],
      [t('transfer.reason'), reason?.code ? [codeLink(reason.code), ' ', messageElement(reason.message)] : null],
      [t('transfer.created'), moment(transfer.createdAt)],
      [t('transfer.createdBy'), config.local ? known(`person.${transfer.createdBy}`, transfer.createdBy) : transfer.createdBy],
      [t('transfer.nextCheck'), nextCheck(transfer)],
    ),
  );
}

/** `payouts forget` erases the account of an old transfer, and keeps the rest. */
const isForgotten = ({ beneficiaryAccountNumber }) => !beneficiaryAccountNumber;

/** A paid transfer is checked with others of its day, so its item has no time of its own. */
function nextCheck({ nextCheckAt, status, createdAt }) {
  if (nextCheckAt) return moment(nextCheckAt);
  return t(status === 'SUCCESS' && now() - Date.parse(createdAt) < CHECKED_FOR ? 'transfer.paidChecks' : 'transfer.noCheck');
}

/** The fee that DOKU named. A request that DOKU did not execute costs none; otherwise DOKU does not say whether a fee comes back. */
function feeText({ fee, status, history }) {
  if (!fee) return t(status === 'FAILED' && isUnexecuted(history) ? 'transfer.noFee' : 'new.feeUnknown');
  if (['FAILED', 'REFUNDED'].includes(status)) return t('transfer.feeFailed', { amount: rupiah(fee) });
  return rupiah(fee);
}

const NO_DEBIT = ['SUBMITTING', 'REFUSED', 'NOT_SENT', 'RESENT', 'NOT_FOUND'];

/** Whether every request was refused or never left, and nothing else is known. */
const isUnexecuted = (history) => history.every((each) => NO_DEBIT.includes(each.finding));

export function timeline(transfer) {
  const entries = [...transfer.history].reverse();
  return h('section', {}, h('h2', {}, t('transfer.timeline')), h('ol', { class: 'timeline' }, entries.map(entry)));
}

function entry({ at, finding, source, code, message }) {
  const [colour] = tone(finding);
  const own = ['SUBMITTING', 'RESENT'].includes(finding); // our own doing, no answer
  const plain = ['RESENT', 'NOT_FOUND', 'UNCLEAR', 'NOTIFIED'].includes(finding);
  return h(
    'li',
    { class: plain ? 'plain' : colour },
    h('p', { class: 'strong' }, known(`finding.${finding}`, finding)),
    h('p', { class: 'sub' }, h('time', { datetime: at }, moment(at)), !own && ` · ${known(`source.${source}`, source)}`),
    (code || message) && h('p', { class: 'sub' }, code && codeLink(code), code && ' ', message && messageElement(message)),
  );
}
