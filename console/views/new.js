/** A new transfer in three steps: details, the bank's answer, and sending. */

import { announce, fill, h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { difference, moment, rupiah, sameName } from '../format.js';
import { bankName, loadBankNames } from '../bank-list.js';
import { dropDraft, draft, keepDraft } from '../draft.js';
import { funds, isShort, keepFee, withFee } from '../funds.js';
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
    if (location.hash !== '#/new') history.replaceState(null, '', '#/new');
    step(1, t('new.title'));
    const form = detailsForm({ fields, onChange: keepDraft, onReady: inquire });
    const stopped = h('div', { class: 'stopped' });
    fill(body, stopped, h('p', { class: 'lead' }, t('new.lead')), form.element);
    if (error) form.fail(error);
    if (!error?.transfersStopped) showFunds(form, stopped);
  }

  /** Show the balance in the form, and announce a stop of transfers before anything is typed. */
  async function showFunds(form, stopped) {
    const found = await funds(signal);
    if (signal.aborted) return;
    form.showFunds(found);
    const again = h('button', { type: 'button', class: 'secondary', on: { click: () => showFunds(form, stopped) } }, t('stopped.again'));
    const text = [h('h2', {}, t('error.title.stopped')), h('p', {}, t('stopped.text')), h('p', { class: 'actions' }, again)];
    fill(stopped, found.acceptsTransfers === false && notice('bad', 'alert', ...text));
    if (stopped.firstChild) announce(t('stopped.text'));
  }

  async function inquire(fields, form) {
    keepDraft(fields);
    form.busy(true);
    const { customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount } = fields;
    try {
      const account = { customerNumber, beneficiaryAccountNumber, beneficiaryBankCode, beneficiaryAccountName, amount };
      const [inquiry, found] = await Promise.all([payouts.inquire(account, { signal }), funds(signal), loadBankNames()]);
      if (signal.aborted) return;
      keepFee(inquiry.fee);
      history.pushState(null, '', '#/new?step=check'); // so that Back returns to the details
      confirm(fields, inquiry, found);
    } catch (error) {
      form.busy(false);
      if (!signal.aborted) form.fail(error);
    }
  }

  function confirm(fields, inquiry, found) {
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
    const money = h('div', { class: 'money' });
    const buttons = h('div', { class: 'buttons end' });
    showMoney(found);
    fill(
      body,
      h(
        'section',
        { class: 'card receipt' },
        h('p', { class: 'eyebrow' }, t('new.bankSays')),
        h('p', { class: 'bank-name' }, inquiry.beneficiaryAccountName, ' ', same && h('span', { class: 'badge good' }, icon('check'), t('new.sameName'))),
        h('p', { class: 'sub' }, `${inquiry.beneficiaryBankName || bankName(fields.beneficiaryBankCode)} · ${fields.beneficiaryAccountNumber}`),
        !same && warning,
        money,
        facts([t('new.reference'), h('span', { class: 'code' }, fields.partnerReferenceNo)], [t('new.remark'), fields.remark || null]),
        h('p', { class: 'fine' }, t('new.expires', { time: moment(inquiry.expiresAt) })),
      ),
      buttons,
    );
    heading.focus({ preventScroll: true });

    /** Show the sums. Send is offered only if transfers are accepted and the balance, where known, covers the total. */
    function showMoney(present) {
      const obstacle = obstacleOf(present, withFee(fields.amount, inquiry.fee));
      fill(money, sums(fields, inquiry, present), obstacle && notice('bad', 'alert', h('p', {}, obstacle)));
      const again = async () => showMoney(await funds(signal));
      const button = (style, id, click, text) => h('button', { type: 'button', class: style, id, on: { click } }, text);
      fill(
        buttons,
        button('secondary', 'back', () => history.back(), t('new.back')),
        obstacle ? button('primary', 'again', again, t(present.acceptsTransfers === false ? 'stopped.again' : 'new.checkAgain')) : button('primary', 'send', pay, t('new.send', { amount: rupiah(fields.amount) })),
      );
    }
  }

  /** Send until there is an answer, also if this page is left. The client makes it one transfer. */
  async function send(sendIt, fields) {
    step(3, t('new.sending'));
    fill(body, h('section', { class: 'card sending', role: 'status' }, h('span', { class: 'spinner large' }), h('p', { class: 'amount-line' }, rupiah(fields.amount)), h('p', {}, t('new.sendingText'))));
    heading.focus({ preventScroll: true });
    try {
      await sendIt();
      dropDraft();
      if (!signal.aborted) go(`/transfers/${encodeURIComponent(fields.partnerReferenceNo)}`, { replace: true });
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
        mayPayAgain(transfer) && !transfer.batchReference && button(t('new.payAgain'), again),
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

/** Why the transfer cannot be sent now, in words; null if nothing is in its way. */
function obstacleOf(found, sum) {
  if (found.acceptsTransfers === false) return t('stopped.text');
  if (isShort(found, sum)) return t('new.short', { amount: rupiah(difference(sum, found.availableBalance)) });
  return null;
}

function sums({ amount }, { fee }, found) {
  const line = (key, text, kind) => h('div', { class: kind }, h('dt', {}, t(key)), h('dd', { class: 'amount-text' }, text));
  const sum = withFee(amount, fee);
  const { availableBalance } = found;
  return h(
    'dl',
    { class: 'sums' },
    line('new.amount', rupiah(amount)),
    line('new.fee', fee ? rupiah(fee) : t('new.feeUnknown')),
    line(fee ? 'new.total' : 'new.totalWithoutFee', rupiah(sum), 'total'),
    availableBalance && line('new.balance', rupiah(availableBalance), 'after'),
    availableBalance && !isShort(found, sum) && line('new.balanceAfter', rupiah(difference(availableBalance, sum)), 'after'),
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
