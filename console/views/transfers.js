/** The transfers of a period or the open ones, by status, or those that a search finds. */

import { announce, fill, h } from '../dom.js';
import { csvOf, download } from '../csv.js';
import { t } from '../i18n.js';
import { loadBankNames } from '../bank-list.js';
import { dayInWords, rupiah, shortMoment, timeOfDay } from '../format.js';
import { find } from '../search.js';
import { totals } from '../sums.js';
import { TransferWalk } from '../transfer-walk.js';
import { empty, failure, loading, loadInto, notice, transferRow, transferTable } from '../widgets.js';
import { transferFilters } from './transfer-filters.js';

export const title = 'list.title';
const PAGE = 25;
const MOST_EXPORTED = 10_000;

export function render(main, { query, go, signal }) {
  const statuses = (query.status ?? '').split(',').filter(Boolean);
  const chosen = { from: query.from ?? query.day, to: query.to ?? query.from ?? query.day, statuses, open: query.open === 'true', q: query.q ?? '' };
  const lead = h('p', { class: 'lead' });
  const result = h('section', { class: 'result' });
  const filters = transferFilters(chosen, { onChange: change, onSearch: (q) => go(`/transfers?${new URLSearchParams({ q })}`) });
  fill(main, h('h1', { tabindex: -1 }, t(title)), lead, filters.element, result);
  if (chosen.q) search();
  else loadInto(result, signal, list);

  function change(changes) {
    const { from, to, open, statuses: wanted } = { ...chosen, ...changes };
    const period = open ? { open } : { from, to };
    const parameters = Object.entries({ ...period, status: wanted.join(',') }).filter(([, value]) => value);
    go(`/transfers?${new URLSearchParams(parameters)}`, { keepFocus: true });
  }

  async function list() {
    const walk = new TransferWalk({ ...chosen, signal });
    const [transfers] = await Promise.all([walk.next(history.state?.shown ?? PAGE), loadBankNames()]);
    if (chosen.open) return openOnes(transfers, walk);
    Object.assign(chosen, { from: walk.from, to: chosen.to ?? walk.from });
    filters.setPeriod(chosen.from, chosen.to);
    const oneDay = chosen.from === chosen.to;
    lead.textContent = oneDay ? dayInWords(chosen.from) : `${dayInWords(chosen.from)} – ${dayInWords(chosen.to)}`;
    return transfers.length || !walk.done ? table(transfers, walk, oneDay ? timeOfDay : shortMoment) : nothing();
  }

  function openOnes(transfers, walk) {
    lead.textContent = t('list.openLead');
    return transfers.length || !walk.done ? table(transfers, walk, shortMoment) : empty(t('list.noneOpen'), h('a', { href: '#/transfers' }, t('list.backToList')));
  }

  async function search() {
    lead.textContent = t('list.found', { text: chosen.q });
    await loadInto(result, signal, async () => {
      const [{ transfers, exact }] = await Promise.all([find(chosen.q, signal), loadBankNames()]);
      if (exact && transfers.length === 1) return go(`/transfers/${encodeURIComponent(transfers[0].partnerReferenceNo)}`, { replace: true });
      if (!transfers.length) return empty(t('list.notFound'), h('a', { href: '#/transfers' }, t('list.backToList')));
      return table(transfers, { done: true }, shortMoment);
    });
  }

  function nothing() {
    const all = statuses.length > 0 && h('button', { type: 'button', class: 'link', on: { click: () => change({ statuses: [] }) } }, t('list.showAll'));
    return empty(t(statuses.length ? 'list.emptyStatus' : 'list.empty'), all, h('a', { href: '#/new' }, t('nav.new')));
  }

  function table(transfers, walk, created) {
    const shown = [...transfers];
    const element = transferTable(shown, created);
    const foot = h('div', { class: 'more' });
    showFoot();
    requestAnimationFrame(() => window.scrollTo(0, history.state?.scroll ?? window.scrollY));
    element.addEventListener('click', () => keep({ scroll: window.scrollY }), { capture: true });
    return [element, foot];

    function showFoot() {
      const exported = h('button', { type: 'button', class: 'secondary', id: 'export', on: { click: exportAll } }, t('list.export'));
      const more = !walk.done && h('button', { type: 'button', class: 'secondary', id: 'more', on: { click: () => append(more) } }, t('list.more'));
      fill(foot, summary(shown, walk.done), h('div', { class: 'buttons' }, more, exported));
    }

    async function append(button) {
      button.disabled = true;
      try {
        const rows = (await walk.next(PAGE)).map((each) => (shown.push(each), transferRow(each, created)));
        element.tBodies[0].append(...rows);
        keep({ shown: shown.length });
        showFoot();
        announce(t(walk.done ? 'list.shownAll' : 'list.shown', { count: shown.length }));
        (rows[0]?.querySelector('a') ?? foot.querySelector('button'))?.focus();
      } catch (error) {
        if (!signal.aborted) fill(foot, failure(error, { retry: () => append(button) }));
      }
    }

    /** Export every transfer that the filters choose, including rows that are not shown yet. */
    async function exportAll() {
      fill(foot, loading());
      try {
        const all = new TransferWalk({ ...chosen, signal });
        const found = chosen.q ? shown : await everything(all);
        download(`transfers-${chosen.q || (chosen.open ? 'open' : `${chosen.from}-${chosen.to}`)}.csv`, csvOf(found));
        const complete = chosen.q || all.done;
        announce(t(complete ? 'list.exported' : 'list.exportedPart', { count: found.length }));
        showFoot();
        if (!complete) foot.prepend(notice('unknown', 'alert', h('p', {}, t('list.exportedPart', { count: found.length }))));
      } catch (error) {
        if (!signal.aborted) fill(foot, failure(error, { retry: exportAll }));
      }
    }
  }
}

/** Keep values with this entry of the browser's history, for when the reader comes back to it. */
const keep = (values) => history.replaceState({ ...history.state, ...values }, '');

async function everything(walk) {
  const found = [];
  while (!walk.done && found.length < MOST_EXPORTED) found.push(...(await walk.next(1000)));
  return found;
}

/** Count, amounts and fees of the rows shown. */
function summary(transfers, complete) {
  const { count, amount, paid, fees } = totals(transfers);
  return h(
    'p',
    { class: 'fine totals' },
    h('span', {}, t(complete ? 'list.shownAll' : 'list.shown', { count })),
    h('span', {}, t('list.total', { amount: rupiah(amount) })),
    h('span', {}, t('list.paid', { amount: rupiah(paid) })),
    h('span', {}, t('list.fees', { amount: rupiah(fees) })),
  );
}
