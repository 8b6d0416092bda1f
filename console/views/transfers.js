/** The transfers of a day, by status, page by page. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { dayAfter, dayInWords, timeOfDay } from '../format.js';
import { payouts } from '../session.js';
import { empty, failure, loading, transferRow, transferTable } from '../widgets.js';

export const title = 'list.title';
const STATUSES = ['SUBMITTING', 'IN_DOUBT', 'ACCEPTED', 'UNPAID', 'SUCCESS', 'FAILED', 'DISPUTED', 'REFUNDED'];
const PAGE = 25;

export function render(main, { query, go, signal }) {
  const day = h('input', { type: 'date', id: 'day', value: query.day, on: { change: () => day.value && show({ day: day.value }) } });
  const status = h(
    'select',
    { id: 'status', on: { change: () => show({ status: status.value }) } },
    h('option', { value: '' }, t('list.all')),
    STATUSES.map((each) => h('option', { value: each, selected: each === query.status }, `${t(`status.${each}`)} · ${each}`)),
  );
  const reference = h('input', { id: 'goto', autocomplete: 'off', spellcheck: 'false', required: true, maxlength: 64 });
  const heading = h('p', { class: 'lead' });
  const result = h('section', { 'aria-busy': 'true' });
  const step = (days) => h('button', { type: 'button', id: days < 0 ? 'previous' : 'next', class: 'secondary step', 'aria-label': t(days < 0 ? 'list.previous' : 'list.next'), on: { click: () => day.value && show({ day: dayAfter(day.value, days) }) } }, days < 0 ? '‹' : '›');

  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    heading,
    h(
      'div',
      { class: 'filters' },
      h('div', { class: 'field' }, h('label', { for: 'day' }, t('list.day')), h('div', { class: 'stepper' }, step(-1), day, step(1))),
      h('div', { class: 'field' }, h('label', { for: 'status' }, t('list.status')), status),
      h(
        'form',
        { class: 'goto', on: { submit: (event) => (event.preventDefault(), go(`/transfers/${encodeURIComponent(reference.value.trim())}`)) } },
        h('div', { class: 'field' }, h('label', { for: 'goto' }, t('list.goto')), reference),
        h('button', { class: 'secondary' }, t('list.open')),
      ),
    ),
    result,
  );
  load();

  function show(changes) {
    const wanted = { day: day.value, status: status.value, ...changes };
    go(`/transfers?${new URLSearchParams(Object.entries(wanted).filter(([, value]) => value))}`, { keepFocus: true });
  }

  async function load() {
    fill(result, loading());
    try {
      const page = await payouts.page({ day: query.day, status: query.status, limit: PAGE }, { signal });
      day.value = page.day;
      heading.textContent = dayInWords(page.day);
      showFirst(page);
    } catch (error) {
      if (!signal.aborted) fill(result, failure(error, { retry: load }));
    }
    result.removeAttribute('aria-busy');
  }

  function showFirst(page) {
    if (!page.transfers.length && !page.cursor) {
      fill(result, empty(t(query.status ? 'list.emptyStatus' : 'list.empty')));
      return;
    }
    const table = transferTable(page.transfers, madeAt);
    const foot = h('div', { class: 'more' });
    fill(result, table, foot);
    showFoot(foot, table.tBodies[0], page.cursor);
  }

  function showFoot(foot, body, cursor) {
    const count = h('p', { class: 'fine' }, t(cursor ? 'list.shown' : 'list.shownAll', { count: body.rows.length }));
    const more = cursor && h('button', { type: 'button', class: 'secondary', on: { click: () => append(foot, body, cursor, more) } }, t('list.more'));
    fill(foot, count, more);
  }

  async function append(foot, body, cursor, button) {
    button.disabled = true;
    try {
      const page = await payouts.page({ day: day.value, status: query.status, limit: PAGE, cursor }, { signal });
      const rows = page.transfers.map((each) => transferRow(each, madeAt));
      body.append(...rows);
      showFoot(foot, body, page.cursor);
      announce(t(page.cursor ? 'list.shown' : 'list.shownAll', { count: body.rows.length }));
      (rows[0]?.querySelector('a') ?? foot.querySelector('button'))?.focus();
    } catch (error) {
      if (!signal.aborted) fill(foot, failure(error, { retry: () => append(foot, body, cursor, button) }));
    }
  }
}

const madeAt = (transfer) => h('time', { datetime: transfer.createdAt }, `${timeOfDay(transfer.createdAt)} WIB`);
