/** The steps that a batch's status offers. The API decides; a refusal is shown above the batch. */

import { announce, fill, h, set } from '../dom.js';
import { known, t } from '../i18n.js';
import { claims, payouts } from '../session.js';
import { failure, field, notice } from '../widgets.js';

const STOPPABLE = ['CHECKING', 'NEEDS_ATTENTION', 'READY', 'PENDING_APPROVAL', 'SCHEDULED', 'PAYING', 'PAUSED', 'WAITING_FOR_FUNDS', 'WAITING_FOR_LIMIT'];
/** Step of the API, style, and the statuses that offer it. */
const STEPS = [
  ['submission', 'primary', ['READY']],
  ['withdrawal', 'secondary', ['PENDING_APPROVAL']],
  ['resume', 'primary', ['PAUSED']],
  ['pause', 'secondary', ['PAYING', 'WAITING_FOR_FUNDS', 'WAITING_FOR_LIMIT']],
];

export function batchActions(page, batch) {
  const may = (scope) => claims().scopes.includes(scope);
  const offered = may('batches:write') ? STEPS.filter(([, , statuses]) => statuses.includes(batch.status)) : [];
  const checkAgain = may('batches:write') && ['NEEDS_ATTENTION', 'READY'].includes(batch.status) && batch.outcomes.COULD_NOT_CHECK;
  return h(
    'div',
    { class: 'buttons' },
    may('batches:approve') && batch.status === 'PENDING_APPROVAL' && decision(page, batch),
    offered.map(([step, style]) => button(page, step, style, () => payouts.stepBatch(batch.batchReference, step))),
    checkAgain && button(page, 'checks', 'secondary', () => payouts.stepBatch(batch.batchReference, 'checks')),
    may('batches:write') && STOPPABLE.includes(batch.status) && cancellation(page, batch),
  );
}

/** Approve or reject exactly what is shown: the digest names it. */
function decision(page, batch) {
  const comment = field('comment', t('batch.comment'), h('input', { maxlength: 200, autocomplete: 'off' }), { optional: true });
  const decide = (choice) => () =>
    payouts.stepBatch(batch.batchReference, 'approvals', { decision: choice, digest: batch.digest, ...(comment.input.value && { comment: comment.input.value }) });
  return [comment.element, button(page, 'approve', 'primary', decide('APPROVE')), button(page, 'reject', 'secondary', decide('REJECT'))];
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
      await page.update(batch);
      announce(known(`batch.status.${batch.status}`, batch.status));
    } catch (error) {
      if (!page.signal.aborted) fill(page.trouble, refused(error));
    }
    set(element, { 'aria-disabled': null });
  }
  return element;
}

const refused = (error) => (error.code === 'SELF_APPROVAL' ? notice('bad', 'alert', h('h2', {}, t('batch.selfApproval')), h('p', { lang: 'en' }, error.message)) : failure(error));
