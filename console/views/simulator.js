/** The panel of the local run: controls of the simulated DOKU. */

import { announce, fill, h } from '../dom.js';
import { setClock } from '../clock.js';
import { t } from '../i18n.js';
import { moment, rupiah } from '../format.js';
import { draft, keepDraft } from '../draft.js';
import { askLocally } from '../session.js';
import { failure } from '../widgets.js';

export const title = 'simulator.title';
const MINUTE = 60;
const EXAMPLES = [
  ['simulator.paid', { beneficiaryBankCode: '014', beneficiaryAccountNumber: '8377388292', beneficiaryAccountName: 'SUHUT' }],
  ['simulator.unpaid', { beneficiaryBankCode: '008', beneficiaryAccountNumber: '1234500077', beneficiaryAccountName: 'SITI RAHAYU' }],
  ['simulator.failing', { beneficiaryBankCode: '002', beneficiaryAccountNumber: '1234500088', beneficiaryAccountName: 'BUDI SANTOSO' }],
  ['simulator.refund', { beneficiaryBankCode: '014', beneficiaryAccountNumber: '7746555134', beneficiaryAccountName: 'DEWI LESTARI' }],
  ['simulator.wrongName', { beneficiaryBankCode: '014', beneficiaryAccountNumber: '8377388292', beneficiaryAccountName: 'AGUS WIJAYA' }],
];
const FAULTS = [
  ['simulator.timeoutAfter', { operation: 'transfer', kind: 'timeout-after', seconds: 3 }],
  ['simulator.timeoutBefore', { operation: 'transfer', kind: 'timeout-before', seconds: 3 }],
  ['simulator.garbage', { operation: 'transfer', kind: 'garbage' }],
  ['simulator.maintenance', { operation: 'inquiry', kind: 'maintenance' }],
];

/** A fault by the text of its button. */
function faultName({ operation, kind }) {
  const button = FAULTS.find(([, fault]) => fault.operation === operation && fault.kind === kind);
  return button ? t(button[0]) : `${operation} ${kind}`;
}

export function render(main, { go, signal }) {
  const problem = h('div', {});
  const clock = h('p', {});
  const deposit = h('p', {});
  const faults = h('p', {});
  const button = (key, action) => h('button', { type: 'button', class: 'secondary', on: { click: () => run(action) } }, t(key));
  const control = (path, body, method = 'POST') => () => askLocally(`simulator/${path}`, { method, body });
  const advance = (seconds) => control('clock', { advanceSeconds: seconds });
  const card = (key, ...children) => h('section', { class: 'card' }, h('h2', {}, t(key)), ...children);
  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    h('p', { class: 'lead' }, t('simulator.lead')),
    problem,
    h(
      'div',
      { class: 'columns' },
      card('simulator.try', h('p', { class: 'fine' }, t('simulator.tryText')), h('div', { class: 'buttons stacked' }, EXAMPLES.map(example))),
      h(
        'div',
        {},
        card('simulator.clock', clock, h('div', { class: 'buttons' }, button('simulator.minute', advance(MINUTE)), button('simulator.fiveMinutes', advance(5 * MINUTE)), button('simulator.hour', advance(60 * MINUTE)), button('simulator.day', advance(1440 * MINUTE)))),
        card('simulator.deposit', deposit, h('div', { class: 'buttons' }, button('simulator.depositEmpty', control('deposit', { value: '0.00' })), button('simulator.depositFull', control('deposit', { value: '1000000000.00' })))),
        card('simulator.faults', faults, h('div', { class: 'buttons' }, FAULTS.map(([key, fault]) => button(key, control('faults', fault))), button('simulator.faultsClear', control('faults', undefined, 'DELETE')))),
      ),
    ),
  );
  show().catch(fail);

  function example([key, fields]) {
    const use = () => {
      keepDraft({ ...draft(), customerNumber: '628115678890', amount: { value: '200000.00', currency: 'IDR' }, ...fields });
      go('/new');
    };
    return h('button', { type: 'button', class: 'secondary', on: { click: use } }, t(key));
  }

  async function run(action) {
    fill(problem);
    try {
      await action();
      await show();
      announce(t('simulator.done'));
    } catch (error) {
      fail(error);
    }
  }

  async function show() {
    const [ledger, { now }, waiting] = await Promise.all(['ledger', 'clock', 'faults'].map((name) => askLocally(`simulator/${name}`)));
    if (signal.aborted) return;
    setClock(now);
    clock.textContent = t('simulator.clockText', { time: moment(now * 1000) });
    deposit.textContent = t('simulator.depositText', { amount: rupiah({ value: ledger.deposit, currency: 'IDR' }) });
    const names = waiting.faults.map(faultName).join(', ');
    faults.textContent = names ? t('simulator.faultsWaiting', { faults: names }) : t('simulator.faultsNone');
  }

  function fail(error) {
    if (!signal.aborted) fill(problem, failure({ code: '', message: error.message }));
  }
}
