/** The landing page: the balance and its proof, what needs attention, and today's transfers by hour and status. */

import { fill, h } from '../dom.js';
import * as approvals from '../approvals.js';
import { hourlyChart } from '../chart.js';
import { now } from '../clock.js';
import { t } from '../i18n.js';
import { dayInWords, isLess, rupiah, timeOfDay } from '../format.js';
import { isUnknown, needsPerson, openTransfers } from '../open-transfers.js';
import { may, mayApprove, payouts } from '../session.js';
import { byKind, totals } from '../sums.js';
import { badge, empty, loadInto, notice } from '../widgets.js';
import { balanceProof, unexplainedFall } from './balance-proof.js';

export const title = 'overview.title';
const PAGE = 100;
const MOST_PAGES = 10;

export function render(main, { signal }) {
  const lead = h('p', { class: 'lead' });
  const [fall, funds, waiting, open, day, proof] = ['fall', 'funds', 'approvals', 'open', 'today', 'proof'].map((name) => h('section', { class: `overview-${name}` }));
  const heading = h('div', {}, h('h1', { tabindex: -1 }, t(title)), lead);
  fill(main, h('div', { class: 'heading' }, heading, may('transfers:write') && h('a', { class: 'button primary', href: '#/new' }, t('nav.new'))), fall, funds, waiting, open, day, proof);
  let limit = null;
  const showBalance = () =>
    loadInto(funds, signal, async () => {
      const balance = await payouts.balance({ signal });
      limit = balance.creditAlertLimit;
      return balanceCards(balance, showBalance);
    });
  showBalance().then(() => signal.aborted || loadInto(proof, signal, showProof));
  if (mayApprove()) loadInto(waiting, signal, async () => approvalsLine(await approvals.count(signal)));
  loadInto(open, signal, async () => attentionLines(await openTransfers({ signal, most: PAGE * MOST_PAGES })));
  loadInto(day, signal, async () => {
    const found = await todaysTransfers(signal);
    lead.textContent = dayInWords(found.day);
    return found.transfers.length ? dayCards(found) : empty(t('list.empty'), may('transfers:write') && h('a', { href: '#/new' }, t('nav.new')));
  });

  async function showProof() {
    const found = await payouts.balanceProof({ signal });
    fill(fall, unexplainedFall(found));
    return balanceProof(found, limit);
  }
}

function balanceCards({ availableBalance, holdAmount, creditAlertLimit, acceptsTransfers }, again) {
  const low = availableBalance && creditAlertLimit && isLess(availableBalance, creditAlertLimit);
  const none = availableBalance?.value === '0.00';
  const refresh = h('button', { type: 'button', class: 'link', id: 'refresh', on: { click: again } }, t('balance.refresh'));
  return [
    acceptsTransfers === false && notice('bad', 'alert', h('p', {}, t('stopped.text'))),
    (low || none) && notice('bad', 'alert', h('p', {}, t(none ? 'balance.empty' : 'balance.low'))),
    h(
      'div',
      { class: 'figures' },
      figure('balance.available', amountText(availableBalance), [t('balance.asOf', { time: timeOfDay(now()) }), ' ', refresh], `main${low || none ? ' low' : ''}`),
      figure('balance.held', amountText(holdAmount)),
      figure('balance.limit', amountText(creditAlertLimit), t('balance.limitHint')),
    ),
  ];
}

const amountText = (amount) => (amount ? rupiah(amount) : t('balance.notStated'));

function figure(key, value, note = null, kind = '') {
  return h('div', { class: `figure ${kind}` }, h('h2', { class: 'figure-label' }, t(key)), h('p', { class: 'figure-value' }, value), note && h('p', { class: 'sub' }, note));
}

function approvalsLine(count) {
  if (!count) return [];
  return notice('unknown', 'question', h('p', {}, h('a', { href: `#/batches?status=${approvals.PENDING}` }, t('overview.approvals', { count }))));
}

/** How many open transfers need a person, and how many have an unknown outcome. "None" is claimed only if all were read. */
function attentionLines({ transfers, partial }) {
  const more = partial ? '+' : '';
  const link = (key, count) => h('a', { href: '#/attention' }, t(key, { count: `${count}${more}` }));
  const refunds = h('a', { href: '#/attention' }, t('overview.refunds'));
  const waiting = transfers.filter(needsPerson).length;
  const unknown = transfers.filter((each) => isUnknown(each) && !needsPerson(each)).length;
  const lines = [
    waiting > 0 && notice('alarm', 'alert', h('p', {}, link('overview.attention', waiting))),
    unknown > 0 && notice('unknown', 'question', h('p', {}, link('overview.unknown', unknown), ' ', t('attention.unknownHint'))),
  ].filter(Boolean);
  if (lines.length) return lines;
  if (partial) return notice('open', 'clock', h('p', {}, link('overview.open', transfers.length), ' · ', refunds));
  return notice('good', 'check', h('p', {}, t('overview.clear'), ' ', link('overview.open', transfers.length), ' · ', refunds));
}

/** Today's transfers, as far as some pages go. `partial` is true if there are more. */
async function todaysTransfers(signal) {
  const transfers = [];
  let page = null;
  for (let pages = 0; pages < MOST_PAGES && page?.cursor !== null; pages += 1) {
    page = await payouts.page({ day: page?.day, limit: PAGE, cursor: page?.cursor }, { signal });
    transfers.push(...page.transfers);
  }
  return { transfers, day: page.day, partial: page.cursor !== null };
}

function dayCards({ transfers, day, partial }) {
  const { count, amount, paid, fees } = totals(transfers);
  return [
    partial && notice('unknown', 'alert', h('p', {}, t('overview.partial', { count }))),
    h(
      'div',
      { class: 'columns wide-first' },
      h('section', { class: 'card' }, h('h2', {}, t('overview.hours')), hourlyChart(transfers, t('overview.hoursLabel', { count, day: dayInWords(day) }))),
      h(
        'section',
        { class: 'card stack' },
        figure('overview.transfers', String(count), rupiah(amount)),
        figure('overview.paid', rupiah(paid), t('overview.fees', { amount: rupiah(fees) })),
      ),
    ),
    statusTable(byKind(transfers), day),
  ];
}

function statusTable(kinds, day) {
  const row = ({ kind, count, amount }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, h('a', { href: `#/transfers?from=${day}&status=${kind.join(',')}` }, badge(kind[0])), ' ', h('span', { class: 'strong' }, String(count))),
      h('td', { class: 'number' }, rupiah(amount)),
    );
  const heads = [h('th', { scope: 'col' }, t('overview.byStatus')), h('th', { scope: 'col', class: 'number' }, t('list.amount'))];
  return h('table', { class: 'sheet' }, h('thead', {}, h('tr', {}, heads)), h('tbody', {}, kinds.map(row)));
}
