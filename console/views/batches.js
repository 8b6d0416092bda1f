/** The batches of a month, newest first, or those that wait for an approval. */

import { announce, fill, h } from '../dom.js';
import { known, t } from '../i18n.js';
import { PENDING, pending } from '../approvals.js';
import { today } from '../clock.js';
import { shortMoment } from '../format.js';
import { mayBatch, payouts } from '../session.js';
import { batchLink, empty, failure, field, loadInto } from '../widgets.js';
import { batchBadge } from './batch-status.js';

export const title = 'batches.title';

export function render(main, { query, go, signal }) {
  const month = query.month ?? today().slice(0, 7);
  const waiting = query.status === PENDING;
  const result = h('section', { class: 'result' });
  const chosen = field('month', t('batches.month'), h('input', { type: 'month', value: month }));
  chosen.input.addEventListener('change', () => chosen.input.value && go(`/batches?month=${chosen.input.value}`, { keepFocus: true }));
  const heading = h('div', {}, h('h1', { tabindex: -1 }, t(title)), h('p', { class: 'lead' }, t(waiting ? 'batches.pendingLead' : 'batches.lead')));
  const toggle = waiting
    ? h('a', { class: 'button secondary', href: '#/batches' }, t('batches.all'))
    : h('a', { class: 'button secondary', href: `#/batches?status=${PENDING}` }, t('batches.pending'));
  fill(
    main,
    h('div', { class: 'heading' }, heading, mayBatch() && newBatch('button primary')),
    h('div', { class: 'toolbar' }, h('div', { class: 'filters' }, !waiting && chosen.element), toggle),
    result,
  );
  loadInto(result, signal, list);

  async function list() {
    const page = waiting ? { batches: await pending(signal), cursor: null } : await payouts.batches({ month }, { signal });
    if (!page.batches.length) return empty(t(waiting ? 'batches.nonePending' : 'batches.none'), waiting ? h('a', { href: '#/batches' }, t('batches.all')) : mayBatch() && newBatch());
    const table = batchTable(page.batches);
    const foot = h('div', { class: 'more' });
    showMore(page.cursor);
    return [table, foot];

    function showMore(cursor) {
      const button = cursor && h('button', { type: 'button', class: 'secondary', id: 'more', on: { click: () => append(cursor) } }, t('list.more'));
      fill(foot, h('p', { class: 'fine' }, t(cursor ? 'batch.shown' : 'batch.shownAll', { count: table.tBodies[0].rows.length })), button);
    }

    async function append(cursor) {
      try {
        const next = await payouts.batches({ month, cursor }, { signal });
        const rows = next.batches.map(batchRow);
        table.tBodies[0].append(...rows);
        showMore(next.cursor);
        announce(t('list.shown', { count: table.tBodies[0].rows.length }));
        rows[0]?.querySelector('a').focus();
      } catch (error) {
        if (!signal.aborted) fill(foot, failure(error, { retry: () => append(cursor) }));
      }
    }
  }
}

const newBatch = (style) => h('a', { class: style, href: '#/new-batch' }, t('batches.new'));

const COLUMNS = ['batches.reference', 'list.created', 'transfer.remark', 'transfer.createdBy', 'batches.rows', 'list.status'];

function batchTable(batches) {
  return h(
    'table',
    { class: 'transfers batches', role: 'table' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, COLUMNS.map((key) => h('th', { scope: 'col', role: 'columnheader', class: key === 'batches.rows' ? 'number' : null }, t(key))))),
    h('tbody', { role: 'rowgroup' }, batches.map(batchRow)),
  );
}

function batchRow({ batchReference, createdAt, createdBy, remark, rows, status }) {
  const link = batchLink(batchReference);
  const open = (event) => !event.target.closest('a') && !String(getSelection()) && link.click();
  const cell = (name, ...children) => h('td', { role: 'cell', class: name }, ...children);
  return h(
    'tr',
    { role: 'row', on: { click: open } },
    h('th', { scope: 'row', role: 'rowheader', class: 'reference' }, link),
    cell('created', h('time', { datetime: createdAt }, shortMoment(createdAt))),
    cell('recipient', remark || '–'),
    cell('account', known(`person.${createdBy}`, createdBy)),
    cell('number', rows ? t(rows === 1 ? 'batches.oneRow' : 'batches.rowCount', { count: rows }) : '–'),
    cell('status', batchBadge(status)),
  );
}
