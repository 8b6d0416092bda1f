/** A new transfer in three steps: details, the bank's word on them, and the sending. */

import { announce, fill, h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { moment, rupiah, sameName, total } from '../format.js';
import { dropDraft, draft, keepDraft } from '../draft.js';
import { payouts } from '../session.js';
import { facts, failure, mayPayAgain, notice } from '../widgets.js';
import { detailsForm } from './new-form.js';

export const title = 'new.title';

export function render(main, { query, go, signal }) {
  const steps = h('ol', { class: 'steps', 'aria-label': t('new.steps') });
  const heading = h('h1', { tabindex: -1 });
  const body = h('div', {});
  fill(main, heading, steps, body);
  const pending = query.finish && payouts.pending().find((each) => each.intent === query.finish);
  if (pending) send(() => payouts.resume(pending.intent), pending.body);
  else details(draft());

  function step(number, text) {
    window.scrollTo(0, 0);
    const names = ['new.step1', 'new.step2', 'new.step3'];
    const item = (key, index) => h('li', { 'aria-current': index + 1 === number ? 'step' : null, class: index + 1 < number ? 'done' : '' }, t(key));
    fill(steps, names.map(item));
    heading.textContent = text;
    announce(t('new.stepNow', { number, name: t(names[number - 1]) }));
  }

  function details(fields, error = null) {
    step(1, t('new.title'));
    const form = detailsForm({ fields, signal, onChange: keepDraft, onReady: inquire });
    fill(body, h('p', { class: 'lead' }, t('new.lead')), form.element);
    if (error) form.fail(error);
  }

  async function inquire(fields, form) {
    keepDraft(fields);
    form.busy(true);
    const { customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount } = fields;
    try {
      const inquiry = await payouts.inquire({ customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount }, { signal });
      confirm(fields, inquiry);
    } catch (error) {
      form.busy(false);
      if (!signal.aborted) form.fail(error);
    }
  }

  function confirm(fields, inquiry) {
    step(2, t('new.checkTitle'));
    const same = sameName(fields.beneficiaryAccountName, inquiry.beneficiaryAccountName);
    const names = { typed: fields.beneficiaryAccountName, bank: inquiry.beneficiaryAccountName };
    const agreed = h('input', { type: 'checkbox', id: 'agreed', 'aria-describedby': 'agreed-error' });
    const needed = h('p', { class: 'field-error', id: 'agreed-error', hidden: true }, icon('alert'), t('new.otherNameNeeded'));
    const pay = () => {
      needed.hidden = same || agreed.checked;
      if (needed.hidden) send(() => payouts.transfer(fields.partnerReferenceNo, order(fields, inquiry)), fields);
      else agreed.focus();
    };
    const warning = notice('unknown', 'alert', h('h2', {}, t('new.otherName')), h('p', {}, t('new.otherNameText', names)), h('label', { class: 'agree' }, agreed, h('span', {}, t('new.otherNameConfirm', names))), needed);
    fill(
      body,
      h(
        'section',
        { class: 'card receipt' },
        h('p', { class: 'eyebrow' }, t('new.bankSays')),
        h('p', { class: 'bank-name' }, inquiry.beneficiaryAccountName, ' ', same && h('span', { class: 'badge good' }, icon('check'), t('new.sameName'))),
        h('p', { class: 'sub' }, `${inquiry.beneficiaryBankName || fields.beneficiaryBankCode} · ${fields.beneficiaryAccountNumber}`),
        !same && warning,
        sums(fields, inquiry),
        facts([t('new.reference'), h('span', { class: 'code' }, fields.partnerReferenceNo)], [t('new.remark'), fields.remark || null]),
        h('p', { class: 'fine' }, t('new.expires', { time: moment(inquiry.expiresAt) })),
      ),
      h(
        'div',
        { class: 'buttons end' },
        h('button', { type: 'button', class: 'secondary', on: { click: () => (details(fields), heading.focus({ preventScroll: true })) } }, t('new.back')),
        h('button', { type: 'button', class: 'primary', id: 'send', on: { click: pay } }, t('new.send', { amount: rupiah(fields.amount) })),
      ),
    );
    heading.focus({ preventScroll: true });
  }

  /** Send until there is an answer, also where this page is left. The client sees to it that it is one transfer. */
  async function send(sendIt, fields) {
    step(3, t('new.sending'));
    fill(body, h('section', { class: 'card sending', role: 'status' }, h('span', { class: 'spinner large' }), h('p', { class: 'amount-line' }, rupiah(fields.amount)), h('p', {}, t('new.sendingText'))));
    heading.focus({ preventScroll: true });
    try {
      await sendIt();
      dropDraft();
      if (!signal.aborted) go(`/transfers/${encodeURIComponent(fields.partnerReferenceNo)}`);
    } catch (error) {
      if (!signal.aborted) unsent(error, fields);
    }
  }

  /** The reference or the session is taken. A new reference is offered only where the API says that it pays once. */
  function conflict(error, fields) {
    heading.textContent = t('new.conflictTitle');
    const { transfer } = error;
    const reference = transfer?.partnerReferenceNo ?? fields.partnerReferenceNo;
    const kept = formFields(fields);
    if (transfer) dropDraft(); // its reference is taken for good
    const again = () => details({ ...kept, partnerReferenceNo: draft().partnerReferenceNo });
    const button = (text, click, style = 'secondary') => h('button', { type: 'button', class: style, on: { click } }, text);
    fill(
      body,
      notice('unknown', 'alert', h('p', {}, t('new.conflictText'))),
      failure(error),
      h(
        'div',
        { class: 'buttons end' },
        !transfer && button(t('new.backToDetails'), () => details(kept)),
        mayPayAgain(transfer) && button(t('new.payAgain'), again),
        button(t('new.openTransfer', { reference }), () => go(`/transfers/${encodeURIComponent(reference)}`), 'primary'),
      ),
    );
    heading.focus({ preventScroll: true });
  }

  function unsent(error, fields) {
    if (error.nothingSent) {
      details({ ...draft(), ...formFields(fields) }, error);
      heading.focus({ preventScroll: true });
      return;
    }
    if (error.code === 'DUPLICATE_TRANSACTION') return conflict(error, fields);
    heading.textContent = t('new.doubtTitle');
    const again = h('button', { type: 'button', class: 'primary', on: { click: () => send(() => payouts.resume(fields.partnerReferenceNo), fields) } }, t('new.sendAgain'));
    fill(body, notice('unknown', 'question', h('p', {}, t('new.doubtText')), h('p', { class: 'actions' }, again)), error.code !== 'NETWORK_ERROR' && failure(error));
    heading.focus({ preventScroll: true });
  }
}

function sums({ amount }, { fee }) {
  const line = (key, text, kind) => h('div', { class: kind }, h('dt', {}, t(key)), h('dd', {}, text));
  return h(
    'dl',
    { class: 'sums' },
    line('new.amount', rupiah(amount)),
    line('new.fee', fee ? rupiah(fee) : t('new.feeUnknown')),
    line(fee ? 'new.total' : 'new.totalWithoutFee', rupiah(fee ? total(amount, fee) : amount), 'total'),
  );
}

/** The request of the transfer, under the session of the inquiry and with the name that the bank has. */
function order(fields, inquiry) {
  const { remark, ...rest } = formFields(fields);
  return { ...rest, ...(remark && { remark }), beneficiaryAccountName: inquiry.beneficiaryAccountName, sessionId: inquiry.sessionId };
}

function formFields({ partnerReferenceNo, customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount, remark }) {
  return { partnerReferenceNo, customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount, remark };
}
