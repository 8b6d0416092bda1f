/** The steps that a batch's status offers. The API decides; a refusal is shown above the batch. */

import { announce, fill, h, set } from '../dom.js';
import { known, t } from '../i18n.js';
import { mayApprove, mayBatch, payouts } from '../session.js';
import { batchLink, failure, field, notice } from '../widgets.js';

const STOPPABLE = ['CHECKING', 'NEEDS_ATTENTION', 'READY', 'PENDING_APPROVAL', 'SCHEDULED', 'PAYING', 'PAUSED', 'WAITING_FOR_FUNDS', 'WAITING_FOR_LIMIT'];
/** Statuses after the last row was sent. */
const SENT = ['SETTLING', 'DONE', 'DONE_WITH_FAILURES', 'CANCELLED'];
/** Step of the API, style, and the statuses that offer it. */
const STEPS = [
  ['submission', 'primary', ['READY']],
  ['withdrawal', 'secondary', ['PENDING_APPROVAL']],
  ['resume', 'primary', ['PAUSED']],
  ['pause', 'secondary', ['PAYING', 'WAITING_FOR_FUNDS', 'WAITING_FOR_LIMIT']],
];

export function batchActions(page, batch) {
  const offered = mayBatch() ? STEPS.filter(([, , statuses]) => statuses.includes(batch.status)) : [];
  const checkAgain = mayBatch() && ['NEEDS_ATTENTION', 'READY'].includes(batch.status) && batch.outcomes.COULD_NOT_CHECK;
  return h(
    'div',
    { class: 'buttons' },
    mayApprove() && batch.status === 'PENDING_APPROVAL' && decision(page, batch),
    offered.map(([step, style]) => button(page, step, style, () => payouts.stepBatch(batch.batchReference, step))),
    checkAgain && button(page, 'checks', 'secondary', () => payouts.stepBatch(batch.batchReference, 'checks')),
    SENT.includes(batch.status) && batch.releasedAt && result(page, batch),
    mayBatch() && SENT.includes(batch.status) && hasFailed(batch) && repayment(page, batch),
    mayBatch() && STOPPABLE.includes(batch.status) && cancellation(page, batch),
  );
}

/** Approve or reject exactly what is shown: the digest names it. */
function decision(page, batch) {
  const comment = field('comment', t('batch.comment'), h('input', { maxlength: 200, autocomplete: 'off' }), { optional: true });
  const decide = (choice) => () =>
    payouts.stepBatch(batch.batchReference, 'approvals', { decision: choice, digest: batch.digest, ...(comment.input.value && { comment: comment.input.value }) });
  return [comment.element, button(page, 'approve', 'primary', decide('APPROVE')), button(page, 'reject', 'secondary', decide('REJECT'))];
}

/** Save the file that says what became of each row. Its link is good for a minute. */
function result(page, batch) {
  return button(page, 'result', 'secondary', async () => {
    const { url } = await payouts.batchResult(batch.batchReference);
    location.assign(url); // an attachment: the page stays
  });
}

const hasFailed = ({ statuses, notPaid }) => Boolean(statuses.FAILED?.count || notPaid.count);

/** Make a batch of the rows that failed, and show it. */
function repayment(page, batch) {
  const reference = field('repayment', t('newBatch.reference'), h('input', { maxlength: 57, autocomplete: 'off', class: 'code', value: `${batch.batchReference}-R`.slice(-57) }));
  const repay = button(page, 'repayments', 'secondary', async () => {
    const made = await payouts.stepBatch(batch.batchReference, 'repayments', { batchReference: reference.input.value.trim() });
    page.go(`/batches/${encodeURIComponent(made.batchReference)}`);
  });
  return h('details', { class: 'confirm', id: 'repay' }, h('summary', {}, t('batch.step.repay')), h('p', {}, t('batch.repayText')), reference.element, repay);
}

/** Cancelling takes a second click, since it cannot be undone. */
function cancellation(page, batch) {
  const cancel = button(page, 'cancellation', 'secondary', () => payouts.stepBatch(batch.batchReference, 'cancellation'));
  const box = h('details', { class: 'confirm' }, h('summary', {}, t('batch.step.cancel')), h('p', {}, t('batch.cancelText')), cancel);
  return box;
}

/** A button that takes a step and shows the batch after it. */
function button(page, name, style, action) {
  const element = h('button', { type: 'button', id: `step-${name}`, class: style, on: { click: run } }, t(`batch.step.${name}`));
  async function run() {
    if (element.getAttribute('aria-disabled')) return;
    set(element, { 'aria-disabled': 'true' });
    try {
      const batch = await action();
      fill(page.trouble);
      if (batch) await page.update(batch);
      if (batch) announce(known(`batch.status.${batch.status}`, batch.status));
    } catch (error) {
      if (!page.signal.aborted) fill(page.trouble, refused(page, error));
    }
    set(element, { 'aria-disabled': null });
  }
  return element;
}

/** Why a step was refused. The same list as that of another batch may be submitted by a second click. */
function refused(page, error) {
  if (error.code === 'SELF_APPROVAL') return notice('bad', 'alert', h('h2', {}, t('batch.selfApproval')), h('p', {}, t('batch.selfApprovalText')));
  if (error.code !== 'SAME_LIST') return failure(error);
  const [, earlier] = /^batch (\S+) /.exec(error.message) ?? [];
  const submit = button(page, 'submitAgain', 'secondary', () => payouts.stepBatch(page.reference, 'submission', { sameListConfirmed: true }));
  return sameList(earlier, 'batch.sameListText', h('p', { class: 'actions' }, submit));
}

/** A warning that another batch pays the same list, with the text of a key and what follows. */
export function sameList(earlier, key, ...more) {
  const link = earlier && batchLink(earlier);
  return notice('unknown', 'alert', h('h2', {}, t('batch.sameList')), link && h('p', {}, link), h('p', {}, t(key)), ...more);
}
