/** The sums of a batch: what it takes from the balance, and what became of its rows. */

import { h } from '../dom.js';
import { t } from '../i18n.js';
import { difference, isLess, moment, rupiah, total } from '../format.js';
import { KINDS } from '../statuses.js';
import { sum } from '../sums.js';
import { badge, notice } from '../widgets.js';
import { outcomeBadge } from './batch-status.js';

/** Statuses in which the balance is compared with what is still to be sent. */
export const BEFORE_RELEASE = ['CHECKING', 'NEEDS_ATTENTION', 'READY', 'PENDING_APPROVAL', 'SCHEDULED', 'WAITING_FOR_FUNDS'];

/** A warning if the balance does not cover the batch. */
export function shortOfFunds({ balance }, batch) {
  const available = balance?.availableBalance;
  if (!available || !BEFORE_RELEASE.includes(batch.status) || !isLess(available, batch.fundsNeeded)) return null;
  return notice('unknown', 'wallet', h('p', {}, t('batch.short', { amount: rupiah(difference(batch.fundsNeeded, available)) })));
}

/** What a batch takes from the balance; once rows are sent, what became of them. */
export const sums = (page, batch) => (batch.releasedAt ? results(batch) : costs(page, batch));

const line = (term, value, style) => h('div', { class: style }, h('dt', {}, term), h('dd', { class: 'amount-text' }, value));

/** Says how many rows are missing in the sum of fees. */
const withoutFees = ({ feesUnknown }) => feesUnknown > 0 && h('p', { class: 'hint' }, t('batch.feesUnknown', { count: feesUnknown }));

function costs({ balance }, batch) {
  const available = BEFORE_RELEASE.includes(batch.status) && balance?.availableBalance;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('batch.sums')),
    h(
      'dl',
      { class: 'sums' },
      line(t('batch.toPay', { count: batch.payable.count, rows: batch.rows }), rupiah(batch.payable.amount)),
      line(t('batch.fees'), rupiah(batch.payable.fees)),
      line(t('new.total'), rupiah(batch.fundsNeeded), 'total'),
      available && line(t('new.balance'), rupiah(available), 'after'),
    ),
    withoutFees(batch.payable),
  );
}

function results({ statuses, notPaid, fundsNeeded, figuresAt }) {
  const kinds = KINDS.map((kind) => [kind[0], kind.map((status) => statuses[status]).filter(Boolean)]).filter(([, found]) => found.length);
  const count = (found) => h('span', { class: 'strong' }, String(found.reduce((all, each) => all + each.count, 0)));
  const paid = statuses.SUCCESS;
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('batch.results')),
    h(
      'dl',
      { class: 'sums' },
      kinds.map(([status, found]) => line([badge(status), ' ', count(found)], rupiah(sum(found.map((each) => each.amount))))),
      notPaid.count > 0 && line([outcomeBadge('NOT_PAID'), ' ', count([notPaid])], rupiah(notPaid.amount)),
      paid && line(t('batch.paidFees'), rupiah(paid.fees)),
      paid && line(t('batch.paid'), rupiah(total(paid.amount, paid.fees)), 'total'),
      fundsNeeded.value !== '0.00' && line(t('batch.toSend'), rupiah(fundsNeeded), paid ? 'after' : 'total'),
    ),
    paid && withoutFees(paid),
    figuresAt && h('p', { class: 'hint' }, t('batch.figuresAt', { time: moment(figuresAt) })),
  );
}
