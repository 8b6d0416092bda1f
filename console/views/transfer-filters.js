/** The filters of the list: period, statuses and a search. */

import { h, icon } from '../dom.js';
import { t } from '../i18n.js';
import { dayAfter } from '../format.js';
import { KINDS } from '../statuses.js';
import { badge } from '../widgets.js';

const WIDE = '(min-width: 46.01rem)';

/**
 * The filters' element. `chosen` has `from`, `to`, `open`, `statuses` and `q`; `onChange` gets what changed, `onSearch` a text.
 * `setPeriod(from, to)` fills in days that the API chose.
 */
export function transferFilters(chosen, { onChange, onSearch }) {
  const from = h('input', { type: 'date', id: 'from', value: chosen.from, on: { change: () => onChange(period(from.value, to.value, 'from')) } });
  const to = h('input', { type: 'date', id: 'to', value: chosen.to, on: { change: () => onChange(period(from.value, to.value, 'to')) } });
  const step = (way) => h('button', { type: 'button', id: way < 0 ? 'previous' : 'next', class: 'secondary step', 'aria-label': t(way < 0 ? 'list.previous' : 'list.next'), on: { click: () => onChange(moved(from.value, to.value, way)) } }, way < 0 ? '‹' : '›');
  const field = (id, label, control) => h('div', { class: 'field' }, h('label', { for: id }, label), control);
  const filters = h(
    'details',
    { class: 'filter-box', open: matchMedia(WIDE).matches },
    h('summary', {}, t('list.filters')),
    h('div', { class: 'filters' }, !chosen.open && [step(-1), field('from', t('list.from'), from), field('to', t('list.to'), to), step(1)], openToggle(chosen.open, onChange), statusMenu(chosen.statuses, onChange)),
  );
  const setPeriod = (first, last) => Object.assign(from, { value: first }) && Object.assign(to, { value: last });
  return { element: h('div', { class: 'toolbar' }, searchForm(chosen.q, onSearch), filters), setPeriod };
}

function searchForm(text, onSearch) {
  const input = h('input', { type: 'search', id: 'search', value: text, autocomplete: 'off', spellcheck: 'false', maxlength: 64, required: true, placeholder: t('list.searchHint') });
  const submit = (event) => {
    event.preventDefault();
    if (input.value.trim()) onSearch(input.value.trim());
  };
  return h('form', { class: 'search', role: 'search', on: { submit } }, h('label', { class: 'visually-hidden', for: 'search' }, t('list.search')), icon('search'), input, h('button', { class: 'secondary' }, t('list.search')));
}

/** Open transfers stand apart from any period. */
function openToggle(open, onChange) {
  return h('button', { type: 'button', id: 'open', class: 'chip', 'aria-pressed': String(open), on: { click: () => onChange({ open: !open }) } }, t('list.open'));
}

/** A menu of check boxes. It stays open while one of them has the focus. */
function statusMenu(statuses, onChange) {
  const isChosen = (kind) => kind.every((status) => statuses.includes(status));
  const option = (kind) => {
    const change = ({ target }) => onChange({ statuses: target.checked ? [...statuses, ...kind] : statuses.filter((each) => !kind.includes(each)) });
    return h('label', {}, h('input', { type: 'checkbox', id: `status-${kind[0]}`, checked: isChosen(kind), on: { change } }), badge(kind[0]));
  };
  const names = KINDS.filter(isChosen).map(([status]) => t(`status.${status}`));
  const open = document.activeElement?.id.startsWith('status-');
  return h(
    'details',
    { class: 'menu', id: 'status', open },
    h('summary', {}, h('span', { class: 'menu-label' }, t('list.status')), names.join(', ') || t('list.all')),
    h('div', { class: 'menu-list', role: 'group', 'aria-label': t('list.status') }, KINDS.map(option)),
  );
}

/** The period after one of its ends was set: the other end follows where they would cross. */
function period(from, to, set) {
  if (from && to && from > to) return set === 'from' ? { from, to: from } : { from: to, to };
  return { from: from || to, to: to || from };
}

/** The period of the same length before or after. */
function moved(from, to, way) {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  return { from: dayAfter(from, way * days), to: dayAfter(to, way * days) };
}
