/** Whether our transfers explain today's balance, and how the balance moved. */

import { h } from '../dom.js';
import { balanceChart } from '../chart.js';
import { t } from '../i18n.js';
import { rupiah, timeOfDay } from '../format.js';
import { notice } from '../widgets.js';

const KINDS = { EXPLAINED: ['good', 'check'], DECREASE: ['alarm', 'alert'], INCREASE: ['open', 'question'], UNCERTAIN: ['unknown', 'question'], UNKNOWN: ['open', 'clock'] };
const ROWS = ['opening', 'paid', 'fees', 'refunds', 'expected', 'actual', 'difference', 'inDoubt'];
const isZero = ({ value }) => value === '0.00';

/** The section of a day, or nothing while the balance was not measured. `limit` is the alert limit, or null. */
export function balanceProof({ proof, readings }, limit) {
  if (!proof) return null;
  const [kind, icon] = KINDS[proof.verdict];
  const unexplained = { DECREASE: proof.unexplainedDecrease, INCREASE: proof.unexplainedIncrease }[proof.verdict];
  const period = { from: timeOfDay(proof.from), to: timeOfDay(proof.to) };
  return [
    h('h2', {}, t('proofOfBalance.title')),
    notice(kind, icon, h('p', {}, t(`proofOfBalance.${proof.verdict}`, { amount: unexplained ? rupiah(unexplained) : '' }))),
    h(
      'div',
      { class: 'columns wide-first' },
      h('section', { class: 'card' }, h('h3', {}, t('proofOfBalance.history')), balanceChart(readings, limit, t('proofOfBalance.chart', { ...period, opening: rupiah(proof.opening), actual: rupiah(proof.actual) }))),
      h('section', { class: 'card' }, table(proof), h('p', { class: 'fine' }, t('proofOfBalance.period', period)), notes(proof)),
    ),
  ];
}

function table(proof) {
  const row = (name) => h('tr', {}, h('th', { scope: 'row' }, t(`proofOfBalance.${name}`)), h('td', { class: 'number' }, rupiah(proof[name])));
  const shown = ROWS.filter((name) => name !== 'inDoubt' || !isZero(proof.inDoubt));
  return h('table', { class: 'sheet' }, h('caption', { class: 'visually-hidden' }, t('proofOfBalance.title')), h('tbody', {}, shown.map(row)));
}

function notes({ unstatedFees }) {
  return unstatedFees ? h('p', { class: 'fine' }, t('proofOfBalance.unstatedFees', { count: unstatedFees })) : null;
}
