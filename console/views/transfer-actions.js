/** What can be done with one transfer: check it, ask DOKU's support, hand out a proof, pay again. */

import { setClock } from '../clock.js';
import { announce, fill, h, icon } from '../dom.js';
import { known, t } from '../i18n.js';
import { keepDraft } from '../draft.js';
import { isProof } from '../proof.js';
import { askLocally, hasSimulator, payouts } from '../session.js';
import { ticketOf } from '../ticket.js';
import { failure, mayPayAgain } from '../widgets.js';

const FIVE_MINUTES = 300;
const FORM = ['customerNumber', 'beneficiaryBankCode', 'beneficiaryAccountNumber', 'beneficiaryAccountName', 'remark'];

/** The main buttons of a transfer's page. `page` has `signal`, `trouble`, `go` and `show`. */
export function actions(page, transfer) {
  return h(
    'div',
    { class: 'buttons' },
    mayPayAgain(transfer) && payAgain(page, transfer),
    isProof(transfer) && h('a', { class: 'button secondary', id: 'proof', href: `#/proof/${encodeURIComponent(transfer.partnerReferenceNo)}` }, icon('print'), t('proof.open')),
    working('check', t('transfer.check'), t('transfer.checking'), page, () => check(page, transfer)),
    hasSimulator && !transfer.final && working('advance', t('transfer.advance'), t('transfer.advancing'), page, () => advance(page, transfer)),
  );
}

/** Paying again. Of a row of a batch, the batch comes first: a repayment, which takes each row once, may have it already. */
function payAgain(page, transfer) {
  const again = (style) => button('pay-again', style, t('new.payAgain'), () => copyToForm(page, transfer, transfer.amount));
  if (!transfer.batchReference) return again('primary');
  const href = `#/batches/${encodeURIComponent(transfer.batchReference)}`;
  const open = h('a', { class: 'button primary', id: 'open-batch', href }, t('transfer.openBatch', { row: transfer.batchRow, batch: transfer.batchReference }));
  return [open, again('secondary')];
}

/** The other ones: texts to copy, and the same recipient again. */
export function moreActions(page, transfer) {
  return h(
    'div',
    { class: 'buttons more-actions' },
    copying('ticket', t('transfer.ticket'), () => ticketOf(transfer)),
    copying('copy', t('transfer.copy'), () => transfer.partnerReferenceNo),
    transfer.final && transfer.status === 'SUCCESS' && button('same-recipient', 'link', t('transfer.sameRecipient'), () => copyToForm(page, transfer, null)),
  );
}

const button = (id, style, text, click) => h('button', { type: 'button', id, class: style, on: { click } }, text);

/** A button that shows `during` while its action runs; a failure is shown above the transfer. */
function working(id, text, during, page, action) {
  const element = button(id, 'secondary', text, run);
  async function run() {
    if (element.getAttribute('aria-disabled')) return;
    element.setAttribute('aria-disabled', 'true');
    element.textContent = during;
    try {
      await action();
    } catch (error) {
      if (!page.signal.aborted) fill(page.trouble, failure(error));
    }
    element.removeAttribute('aria-disabled');
    element.textContent = text;
  }
  return element;
}

function copying(id, text, content) {
  const element = button(id, 'link', text, async () => {
    await navigator.clipboard.writeText(content());
    element.textContent = t('transfer.copied');
    announce(t('transfer.copied'));
  });
  return element;
}

async function check(page, transfer) {
  const seen = await payouts.check(transfer.partnerReferenceNo, { signal: page.signal });
  fill(page.trouble);
  page.show(seen);
  announce(t('transfer.checked', { status: known(`headline.${seen.status}`, seen.status) }));
}

/** Move the simulator's clock and show the change: DOKU's notification arrives about a second later. */
async function advance(page, transfer) {
  const { now } = await askLocally('simulator/clock', { method: 'POST', body: { advanceSeconds: FIVE_MINUTES } });
  setClock(now);
  for (let tries = 0; tries < 8 && !page.signal.aborted; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const seen = await payouts.get(transfer.partnerReferenceNo, { signal: page.signal });
    page.show(seen);
    if (seen.updatedAt !== transfer.updatedAt) break;
  }
}

/** Fill in the form of a new transfer with these details, but never with the reference. */
function copyToForm(page, transfer, amount) {
  const fields = Object.fromEntries(FORM.map((name) => [name, transfer[name] ?? '']));
  keepDraft({ ...fields, ...(amount && { amount }) });
  page.go('/new');
}
