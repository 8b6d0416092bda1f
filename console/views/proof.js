/** A proof of transfer to print or save as PDF. Offered for paid transfers only. */

import { fill, h, icon } from '../dom.js';
import { currentLanguage, known, t } from '../i18n.js';
import { bankName, loadBankNames } from '../bank-list.js';
import { now } from '../clock.js';
import { moment, rupiah } from '../format.js';
import { isProof, paidAt } from '../proof.js';
import { payouts } from '../session.js';
import { facts, loadInto, notice } from '../widgets.js';
import { inWords } from '../words.js';

export const title = 'proof.title';

export function render(main, { reference, signal }) {
  const result = h('section', {});
  fill(main, h('h1', { tabindex: -1 }, t(title)), result);
  loadInto(result, signal, async () => {
    const [transfer] = await Promise.all([payouts.get(reference, { signal }), loadBankNames()]);
    return isProof(transfer) ? proof(transfer) : refusal(transfer);
  });
}

function refusal(transfer) {
  const status = known(`headline.${transfer.status}`, transfer.status);
  const text = transfer.status === 'REFUNDED' ? t('proof.refunded') : t('proof.none', { status });
  return [notice('unknown', 'alert', h('p', {}, text)), backLink(transfer)];
}

const backLink = ({ partnerReferenceNo }) => h('p', { class: 'screen-only' }, h('a', { href: `#/transfers/${encodeURIComponent(partnerReferenceNo)}` }, t('proof.back')));

function proof(transfer) {
  const code = (text) => h('span', { class: 'code' }, text);
  return [
    h(
      'article',
      { class: 'card proof' },
      h('p', { class: 'status-line good' }, icon('check'), t('headline.SUCCESS')),
      h('p', { class: 'amount-line amount-text' }, rupiah(transfer.amount)),
      h('p', { class: 'sub' }, inWords(transfer.amount.value.split('.')[0], currentLanguage())),
      facts(
        [t('transfer.recipient'), transfer.beneficiaryAccountName],
        [t('new.bank'), bankName(transfer.beneficiaryBankCode)],
        [t('new.account'), transfer.beneficiaryAccountNumber],
        [t('proof.paidAt'), moment(paidAt(transfer))],
        [t('transfer.remark'), transfer.remark],
        [t('transfer.reference'), code(transfer.partnerReferenceNo)],
        [t('transfer.dokuReference'), transfer.referenceNo && code(transfer.referenceNo)],
      ),
      h('p', { class: 'fine' }, t('proof.foot', { time: moment(now()) })),
    ),
    h('div', { class: 'buttons screen-only' }, h('button', { type: 'button', class: 'primary', id: 'print', on: { click: () => print() } }, icon('print'), t('proof.print')), backLink(transfer)),
  ];
}
