/** One batch: what it holds, the rows to look at, and the next step. Updates by itself while it is checked or paid. */

import { announce, fill, h, icon } from '../dom.js';
import { now } from '../clock.js';
import { known, t } from '../i18n.js';
import { moment, rupiah, timeLeft, timeOfDay } from '../format.js';
import { saidElement } from '../api-texts.js';
import { loadBankNames } from '../bank-list.js';
import { mayBatch, payouts } from '../session.js';
import { batchLink, empty, facts, failure, loading, notice } from '../widgets.js';
import { batchActions, sameList } from './batch-actions.js';
import { BatchRows } from './batch-rows.js';
import { batchTone } from './batch-status.js';
import { BEFORE_RELEASE, shortOfFunds, sums } from './batch-sums.js';

export const title = 'batch.title';
const PAUSE = 2000;
const SLOW = 10_000;
/** Statuses that change without the reader. */
const LIVE = ['RECEIVING', 'CHECKING', 'SCHEDULED', 'PAYING', 'WAITING_FOR_FUNDS', 'WAITING_FOR_LIMIT', 'SETTLING', 'CANCELLING'];
/** Actions whose note is a person's comment. */
const COMMENTED = ['APPROVED', 'REJECTED'];

export function render(main, { reference, query, go, signal }) {
  const trouble = h('div', { role: 'status' });
  const head = h('div', { class: 'batch-head' }, loading());
  const rows = h('section', { class: 'group' });
  const events = h('section', { class: 'group' });
  fill(main, h('h1', { tabindex: -1, class: 'code-title' }, h('span', { class: 'eyebrow' }, t(title)), reference), trouble, head, rows, events);
  const page = { reference, signal, trouble, head, events, go, shown: null, balance: null, changes: 0 };
  page.rows = new BatchRows(page, rows, query);
  page.update = (batch) => {
    page.changes += 1;
    return show(page, batch);
  };
  follow(page);
}

/** Read the batch again and again until nothing more happens to it by itself. */
async function follow(page) {
  try {
    await loadBankNames();
    while (!page.signal.aborted) {
      const { changes } = page;
      const batch = await payouts.batch(page.reference, { signal: page.signal });
      if (changes !== page.changes) continue; // the reader changed it after it was read
      fill(page.trouble);
      await show(page, batch);
      await pause(LIVE.includes(batch.status) ? PAUSE : SLOW);
    }
  } catch (error) {
    if (page.signal.aborted) return;
    if (error.httpStatus === 404) return fill(page.head, empty(t('batch.missing'), h('a', { href: '#/batches' }, t('batches.title'))));
    if (!page.shown) return fill(page.head, failure(error, { retry: () => follow(page) }));
    fill(page.trouble, notice('unknown', 'alert', h('p', {}, t('transfer.trouble'))));
    if (error.retryable) await pause(SLOW).then(() => follow(page));
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Show a batch, unless it is shown as it is. The focus stays on a button that is still there. */
async function show(page, batch) {
  const state = JSON.stringify(batch);
  if (page.signal.aborted || page.state === state) return;
  const before = page.shown;
  page.state = state;
  page.shown = batch;
  if (BEFORE_RELEASE.includes(batch.status)) page.balance = await payouts.balance({ signal: page.signal }).catch(() => page.balance);
  const focused = page.head.contains(document.activeElement) ? document.activeElement.id : '';
  const details = h('div', { class: 'columns beside-each-other' }, hasRows(batch) && sums(page, batch), circumstances(batch));
  fill(page.head, statusCard(page, batch), waitingForFile(batch), batch.sameListAs && sameList(batch.sameListAs, 'batch.sameListConfirmed'), shortOfFunds(page, batch), details);
  if (focused) document.getElementById(focused)?.focus();
  fill(page.events, history(batch));
  if (before && before.status !== batch.status) announce(known(`batch.status.${batch.status}`, batch.status));
  page.rows.refresh(before, batch);
}

/** What happens next, in words. */
function next({ status, file, repays }) {
  if (file?.problem && status === 'RECEIVING') return null; // it is shown below
  if (repays && status === 'RECEIVING') return t('batch.collecting');
  return file?.reading ? t('batch.reading') : known(`batch.next.${status}`, '');
}

/** False for a batch whose rows are not stored yet, and for one that never got any. */
const hasRows = ({ rows }) => rows > 0;

function statusCard(page, batch) {
  const [colour, picture] = batchTone(batch.status);
  return h(
    'section',
    { class: `status-card ${colour}`, 'aria-label': t('list.status') },
    h('div', { class: 'status-icon' }, icon(picture)),
    h(
      'div',
      {},
      h('p', { class: 'status-line' }, batch.file?.reading ? t('batch.readingTitle') : known(`batch.status.${batch.status}`, batch.status)),
      hasRows(batch) && h('p', { class: 'amount-line amount-text' }, rupiah(batch.payable.amount)),
      h('p', {}, next(batch)),
      progress(batch),
    ),
    batchActions(page, batch),
  );
}

/** How far the check or the payment is, as a bar and in words. */
function progress({ status, file, progress: { done, of, eta } }) {
  if (file?.reading) return h('div', { class: 'progress' }, h('progress', { 'aria-label': t('batch.readingTitle') }));
  if (!of || !LIVE.includes(status)) return null;
  const text = t('batch.progress', { done, total: of });
  return h(
    'div',
    { class: 'progress' },
    h('progress', { max: of, value: done, 'aria-label': text }),
    h('p', { class: 'fine' }, text, eta && ` · ${t('batch.eta', { left: timeLeft(new Date(eta) - now()), time: timeOfDay(eta) })}`),
  );
}

/** Why the file could not be read, and the way to upload one. */
function waitingForFile({ status, file, batchReference }) {
  if (status !== 'RECEIVING' || !file || file.reading || !mayBatch()) return null;
  const again = h('p', { class: 'actions' }, h('a', { class: 'button secondary', id: 'upload-again', href: `#/new-batch?batch=${encodeURIComponent(batchReference)}` }, t('upload.again')));
  if (!file.problem) return notice('open', 'sheet', again);
  return notice('bad', 'alert', h('h2', {}, t('batch.fileProblem')), h('p', {}, saidElement(file.problem)), h('p', {}, t('batch.fileProblemText')), again);
}

function circumstances(batch) {
  const approvals = batch.approvals.map(({ by, at }) => h('div', {}, known(`person.${by}`, by), h('span', { class: 'sub' }, ` ${moment(at)}`)));
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('transfer.details')),
    facts(
      [t('transfer.created'), `${moment(batch.createdAt)} · ${known(`person.${batch.createdBy}`, batch.createdBy)}`],
      [t('transfer.remark'), batch.remark || null],
      [t('batch.repays'), batch.repays && batchLink(batch.repays)],
      [t('batch.scheduledAt'), batch.scheduledAt && moment(batch.scheduledAt)],
      [t('batch.fundsDeadline'), batch.fundsDeadline && moment(batch.fundsDeadline)],
      [t('batch.approvals'), batch.approvalsRequired > 0 && !approvals.length ? t('batch.approvalsNone') : approvals.length ? approvals : null],
      [t('batch.digest'), batch.digest && h('span', { class: 'code' }, batch.digest)],
    ),
  );
}

/** Who did what, the latest first. */
function history({ history: events }) {
  const one = ({ at, by, action, note }) =>
    h('li', {}, h('strong', {}, known(`batch.action.${action}`, action)), ` · ${known(`person.${by}`, by)}`, note && [' · ', COMMENTED.includes(action) ? note : saidElement(note)], h('span', { class: 'sub' }, moment(at)));
  return [h('h2', {}, t('transfer.timeline')), h('ul', { class: 'plain-list' }, [...events].reverse().map(one))];
}
