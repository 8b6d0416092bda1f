/** The rows of a batch by outcome, or by status once they are sent, and decisions for one row or many. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { bankName } from '../bank-list.js';
import { csvOfRows, download } from '../csv.js';
import { rupiah } from '../format.js';
import { mayBatch, payouts } from '../session.js';
import { failure, loading, referenceLink } from '../widgets.js';
import { EDITABLE, filters, isUnconfirmed, urgent } from './batch-filters.js';
import { names, reasons, repaid, state } from './batch-row.js';

export class BatchRows {
  #page;
  #section;
  #filter;
  #isChosen;
  #rows = [];
  #cursor = null;
  #chosen = new Set();
  #busy = false;
  #running = null;

  /** `section` shows the rows of `page.reference`; `query.outcome` chooses among them. */
  constructor(page, section, query) {
    this.#page = page;
    this.#section = section;
    this.#filter = query.outcome ?? '';
    this.#isChosen = Boolean(query.outcome);
  }

  /** Read the rows again if the batch may have changed them. */
  async refresh(before, batch) {
    const changed = !before || before.status !== batch.status || JSON.stringify([before.outcomes, before.statuses]) !== JSON.stringify([batch.outcomes, batch.statuses]);
    if (Boolean(before?.releasedAt) !== Boolean(batch.releasedAt) && before) this.#isChosen = false; // other filters
    if (!this.#isChosen && before?.status !== batch.status) this.#filter = urgent(batch);
    if (!batch.rows) fill(this.#section);
    else if (changed) await this.#load();
  }

  async #load(cursor = null) {
    if (!this.#rows.length) fill(this.#section, loading());
    const run = (this.#running = {});
    try {
      const page = await payouts.batchRows(this.#page.reference, { ...this.#query(), cursor }, { signal: this.#page.signal });
      if (run !== this.#running) return;
      this.#rows = cursor ? [...this.#rows, ...page.rows] : page.rows;
      this.#cursor = page.cursor;
      this.#show();
    } catch (error) {
      if (!this.#page.signal.aborted) fill(this.#section, failure(error, { retry: () => this.#load(cursor) }));
    }
  }

  #show() {
    const focused = this.#section.contains(document.activeElement) ? document.activeElement.id : '';
    const more = this.#cursor && h('button', { type: 'button', class: 'secondary', id: 'rows-more', on: { click: () => this.#load(this.#cursor) } }, t('list.more'));
    fill(
      this.#section,
      h('h2', {}, t('batch.rowsTitle')),
      this.#filters(),
      this.#mayEdit() && this.#bulk(),
      this.#rows.length ? this.#table() : h('p', { class: 'empty' }, t('batch.noRows')),
      h('div', { class: 'more' }, h('p', { class: 'fine' }, t(this.#cursor ? 'batch.shown' : 'batch.shownAll', { count: this.#rows.length })), h('div', { class: 'buttons' }, more, this.#exporting())),
    );
    if (focused) document.getElementById(focused)?.focus();
  }

  /** A button that saves all rows of the outcome that is shown, with what became of them, as CSV. */
  #exporting() {
    const button = h('button', { type: 'button', class: 'secondary', id: 'rows-export', on: { click: () => save() } }, t('list.export'));
    const save = async () => {
      button.disabled = true;
      try {
        const rows = await this.#all();
        download(`${this.#page.reference}${this.#filter && `-${this.#filter}`}.csv`, csvOfRows(rows));
        announce(t('batch.exported', { count: rows.length }));
      } catch (error) {
        if (!this.#page.signal.aborted) fill(this.#page.trouble, failure(error, { retry: save }));
      }
      button.disabled = false;
    };
    return button;
  }

  async #all() {
    const rows = [];
    let cursor = null;
    do {
      const page = await payouts.batchRows(this.#page.reference, { ...this.#query(), limit: 100, cursor }, { signal: this.#page.signal });
      rows.push(...page.rows);
      cursor = page.cursor;
    } while (cursor);
    return rows;
  }

  #mayEdit() {
    return EDITABLE.includes(this.#page.shown.status) && mayBatch();
  }

  #query() {
    return { [this.#page.shown.releasedAt ? 'status' : 'outcome']: this.#filter };
  }

  #filters() {
    const choose = (filter) => () => {
      this.#filter = filter;
      this.#isChosen = true;
      this.#chosen.clear();
      this.#load();
    };
    const chip = (filter, text) =>
      h('button', { type: 'button', class: 'chip', id: `rows-${filter || 'all'}`, 'aria-pressed': String(this.#filter === filter), on: { click: choose(filter) } }, text);
    const named = ([filter, text, count]) => chip(filter, `${text} ${count}`);
    return h('div', { class: 'chips', role: 'group', 'aria-label': t('list.filters') }, chip('', t('list.all')), filters(this.#page.shown).map(named));
  }

  /** Decide about the rows that are ticked. Each is a decision of the reader, and recorded as such. */
  #bulk() {
    const chosen = this.#rows.filter((row) => this.#chosen.has(row.row));
    const act = (id, key, change, isOf) => {
      if (!this.#rows.some(isOf)) return null;
      const rows = chosen.filter(isOf);
      return h('button', { type: 'button', id, class: 'secondary', disabled: !rows.length || this.#busy, on: { click: () => this.#change(rows, change) } }, t(key, { count: rows.length }));
    };
    const all = h('input', { type: 'checkbox', id: 'rows-choose-all', on: { change: (event) => this.#chooseAll(event.target.checked) } });
    all.checked = this.#rows.length > 0 && chosen.length === this.#rows.length;
    return h(
      'div',
      { class: 'buttons bulk' },
      h('label', {}, all, ' ', t('batch.chooseAll')),
      act('rows-confirm', 'batch.confirm', { nameConfirmed: true }, (row) => row.outcome === 'NAME_DIFFERS' && !row.nameConfirmed),
      act('rows-duplicates', 'batch.confirmDuplicates', { duplicateConfirmed: true }, isUnconfirmed),
      act('rows-exclude', 'batch.exclude', { excluded: true }, (row) => row.outcome !== 'EXCLUDED'),
      act('rows-include', 'batch.include', { excluded: false }, (row) => row.outcome === 'EXCLUDED'),
    );
  }

  #chooseAll(wanted) {
    for (const { row } of this.#rows) this.#chosen[wanted ? 'add' : 'delete'](row);
    this.#show();
  }

  async #change(rows, change) {
    this.#busy = true;
    this.#show();
    try {
      const batch = await payouts.changeBatchRows(this.#page.reference, rows.map(({ row }) => row), change, { signal: this.#page.signal });
      fill(this.#page.trouble);
      for (const { row } of rows) this.#chosen.delete(row);
      announce(t('batch.changed', { count: rows.length }));
      await this.#page.update(batch);
      await this.#load();
    } catch (error) {
      if (!this.#page.signal.aborted) fill(this.#page.trouble, failure(error));
    }
    this.#busy = false;
    if (!this.#page.signal.aborted) this.#show();
  }

  #table() {
    const heads = [this.#mayEdit() && h('span', { class: 'visually-hidden' }, t('batch.decide')), t('batch.row'), t('batch.names'), t('list.account'), t('list.amount'), t('list.status')];
    const head = (text) => h('th', { scope: 'col', role: 'columnheader', class: text === t('list.amount') ? 'number' : null }, text);
    return h(
      'table',
      { class: 'transfers rows', role: 'table' },
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads.filter((text) => text !== false).map(head))),
      h('tbody', { role: 'rowgroup' }, this.#rows.map((row) => this.#row(row))),
    );
  }

  #row(row) {
    const cell = (name, ...children) => h('td', { role: 'cell', class: name }, ...children);
    const tick = h('input', { type: 'checkbox', id: `row-${row.row}`, 'aria-label': t('batch.choose', { row: row.row }), on: { change: (event) => this.#choose(row.row, event.target.checked) } });
    tick.checked = this.#chosen.has(row.row);
    return h(
      'tr',
      { role: 'row' },
      this.#mayEdit() && cell('choose', tick),
      h('th', { scope: 'row', role: 'rowheader', class: 'reference' }, h('span', { class: 'row-label' }, `${t('batch.row')} `), String(row.row)),
      cell('recipient names', names(row)),
      cell('account', row.beneficiaryAccountNumber ? `${bankName(row.beneficiaryBankCode)} ${row.beneficiaryAccountNumber}` : '–'),
      cell('number', rupiah(row.amount)),
      cell('status', state(row), this.#duplicate(row), repaid(row), reasons(row)),
    );
  }

  /** The other payment to the same account of the same amount: a row that is shown, or a transfer. */
  #duplicate({ possibleDuplicate, duplicateConfirmed }) {
    if (!possibleDuplicate) return null;
    const other = this.#rows.find((row) => row.partnerReferenceNo === possibleDuplicate);
    const link = other ? t('batch.rowNumber', { row: other.row }) : referenceLink(possibleDuplicate);
    return h('span', { class: 'sub' }, t('batch.sameAs'), ' ', link, duplicateConfirmed && ` · ${t('batch.confirmed')}`);
  }

  #choose(row, wanted) {
    this.#chosen[wanted ? 'add' : 'delete'](row);
    this.#show();
  }
}
