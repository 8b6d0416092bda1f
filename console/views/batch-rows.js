/** The rows of a batch by outcome: the bank's name beside the given one, and decisions for one row or many. */

import { announce, fill, h } from '../dom.js';
import { known, t } from '../i18n.js';
import { problemElement, saidElement } from '../api-texts.js';
import { bankName } from '../bank-list.js';
import { csvOfRows, download } from '../csv.js';
import { rupiah } from '../format.js';
import { mayBatch, payouts } from '../session.js';
import { badge, failure, loading, referenceLink } from '../widgets.js';
import { outcomeBadge } from './batch-status.js';

const EDITABLE = ['NEEDS_ATTENTION', 'READY'];
const ATTENTION = ['NAME_DIFFERS', 'POSSIBLE_DUPLICATE', 'COULD_NOT_CHECK', 'DUPLICATE', 'INVALID'];
/** Statuses with a reason that a reader needs; a paid row has one, too. */
const EXPLAINED = ['NOT_PAID', 'FAILED', 'DISPUTED', 'IN_DOUBT'];
const ORDER = [...ATTENTION, 'OK', 'EXCLUDED', 'PENDING'];

export class BatchRows {
  #page;
  #section;
  #outcome;
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
    this.#outcome = query.outcome ?? '';
    this.#isChosen = Boolean(query.outcome);
  }

  /** Read the rows again if the batch may have changed them. */
  async refresh(before, batch) {
    const changed = !before || before.status !== batch.status || JSON.stringify([before.outcomes, before.statuses]) !== JSON.stringify([batch.outcomes, batch.statuses]);
    if (!this.#isChosen && before?.status !== batch.status) this.#outcome = urgent(batch);
    if (!batch.rows) fill(this.#section);
    else if (changed) await this.#load();
  }

  async #load(cursor = null) {
    if (!this.#rows.length) fill(this.#section, loading());
    const run = (this.#running = {});
    try {
      const page = await payouts.batchRows(this.#page.reference, { outcome: this.#outcome, cursor }, { signal: this.#page.signal });
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
        download(`${this.#page.reference}${this.#outcome && `-${this.#outcome}`}.csv`, csvOfRows(rows));
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
      const page = await payouts.batchRows(this.#page.reference, { outcome: this.#outcome, limit: 100, cursor }, { signal: this.#page.signal });
      rows.push(...page.rows);
      cursor = page.cursor;
    } while (cursor);
    return rows;
  }

  #mayEdit() {
    return EDITABLE.includes(this.#page.shown.status) && mayBatch();
  }

  #filters() {
    const { outcomes } = this.#page.shown;
    const choose = (outcome) => () => {
      this.#outcome = outcome;
      this.#isChosen = true;
      this.#chosen.clear();
      this.#load();
    };
    const chip = (outcome, text) =>
      h('button', { type: 'button', class: 'chip', id: `rows-${outcome || 'all'}`, 'aria-pressed': String(this.#outcome === outcome), on: { click: choose(outcome) } }, text);
    return h(
      'div',
      { class: 'chips', role: 'group', 'aria-label': t('list.filters') },
      chip('', t('list.all')),
      ORDER.filter((outcome) => outcomes[outcome]?.count).map((outcome) => chip(outcome, `${known(`batch.outcome.${outcome}`, outcome)} ${outcomes[outcome].count}`)),
    );
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
      cell('status', state(row), this.#duplicate(row), reasons(row)),
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

/** Whether a person must say that a row is to be paid beside another one of the same account and amount. */
const isUnconfirmed = ({ outcome, possibleDuplicate, duplicateConfirmed }) => possibleDuplicate && !duplicateConfirmed && outcome !== 'EXCLUDED';

/** The outcome to show first: one that needs a decision, once all rows are checked. */
const urgent = ({ status, outcomes }) => (EDITABLE.includes(status) && ATTENTION.find((outcome) => outcomes[outcome]?.count)) || '';

/** What became of a row, or what the check says of it. */
function state({ status, outcome, payable, partnerReferenceNo }) {
  if (!status && payable) return outcomeBadge(outcome === 'OK' ? outcome : 'CONFIRMED');
  if (!status || status === 'NOT_PAID') return outcomeBadge(status ?? outcome);
  return [badge(status), ' ', h('span', { class: 'sub' }, referenceLink(partnerReferenceNo))];
}

/** The given name, and the bank's below it where it is another one. */
function names({ beneficiaryAccountName, bankAccountName, nameMatch, nameConfirmed }) {
  const given = h('span', { class: 'given' }, beneficiaryAccountName || '–');
  if (!bankAccountName || nameMatch === 'EXACT') return given;
  const said = [known(`batch.match.${nameMatch}`, nameMatch), nameConfirmed && t('batch.confirmed')].filter(Boolean).join(' · ');
  return [given, h('span', { class: 'at-bank' }, h('span', { class: 'sub' }, `${t('batch.atBank')} `), bankAccountName), h('span', { class: 'sub' }, said)];
}

/** What is wrong with a row. */
function reasons({ problems = [], reason, status }) {
  const found = problems.map(problemElement);
  if (reason && EXPLAINED.includes(status)) found.push(saidElement(reason.message));
  return found.map((each) => h('span', { class: 'sub' }, each));
}
