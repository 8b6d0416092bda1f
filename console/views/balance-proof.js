/** Whether our transfers explain today's balance, and how the balance moved. */

import { h } from '../dom.js';
import { balanceChart } from '../chart.js';
import { t } from '../i18n.js';
import { rupiah, timeOfDay } from '../format.js';
import { notice } from '../widgets.js';

const KINDS = { EXPLAINED: ['good', 'check'], DECREASE: ['alarm', 'alert'], INCREASE: ['open', 'question'], UNCERTAIN: ['unknown', 'question'], UNKNOWN: ['open', 'clock'] };
const ROWS = ['opening', 'paid', 'fees', 'refunds', 'expected', 'actual', 'difference', 'inDoubt'];
const isZero = ({ value }) => value === '0.00';

/** The section of a day, or null while the balance was not measured. `limit` is the alert limit, or null. */
export function balanceProof({ proof, readings }, limit) {
  if (!proof) return null;
  const period = { from: timeOfDay(proof.from), to: timeOfDay(proof.to) };
  return [
    h('h2', {}, t('proofOfBalance.title')),
    proof.verdict !== 'DECREASE' && verdictNotice(proof),
    h(
      'div',
      { class: 'columns wide-first' },
      h('section', { class: 'card' }, h('h3', {}, t('proofOfBalance.history')), balanceChart(readings, limit, t('proofOfBalance.chart', { ...period, opening: rupiah(proof.opening), actual: rupiah(proof.actual) }))),
      h('section', { class: 'card' }, table(proof), h('p', { class: 'fine' }, t('proofOfBalance.period', period)), notes(proof)),
    ),
  ];
}

/** The notice of a fall that nothing explains, for the top of the page; null if there is none. */
export const unexplainedFall = ({ proof }) => (proof?.verdict === 'DECREASE' ? verdictNotice(proof) : null);

function verdictNotice({ verdict, unexplainedDecrease, unexplainedIncrease }) {
  const [kind, icon] = KINDS[verdict];
  const amount = verdict === 'DECREASE' ? unexplainedDecrease : unexplainedIncrease;
  return notice(kind, icon, h('p', {}, t(`proofOfBalance.${verdict}`, { amount: rupiah(amount) })));
}

function table(proof) {
  const row = (name) => h('tr', {}, h('th', { scope: 'row' }, t(`proofOfBalance.${name}`)), h('td', { class: 'number' }, rupiah(proof[name])));
  const shown = ROWS.filter((name) => name !== 'inDoubt' || !isZero(proof.inDoubt));
  return h('table', { class: 'sheet', 'aria-label': t('proofOfBalance.title') }, h('tbody', {}, shown.map(row)));
}

function notes({ unstatedFees }) {
  return unstatedFees ? h('p', { class: 'fine' }, t('proofOfBalance.unstatedFees', { count: unstatedFees })) : null;
}
