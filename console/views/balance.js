/** The deposit, and whether it is low. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { isLess, rupiah, timeOfDay } from '../format.js';
import { payouts } from '../session.js';
import { failure, loading, notice } from '../widgets.js';

export const title = 'balance.title';

export function render(main, { signal }) {
  const result = h('section', {});
  fill(main, h('h1', { tabindex: -1 }, t(title)), result);
  load();

  async function load() {
    fill(result, loading());
    try {
      fill(result, deposit(await payouts.balance({ signal })));
      announce(result.querySelector('.figure').textContent);
    } catch (error) {
      if (!signal.aborted) fill(result, failure(error, { retry: load }));
    }
  }

  function deposit({ availableBalance, holdAmount, creditAlertLimit }) {
    const low = availableBalance && creditAlertLimit && isLess(availableBalance, creditAlertLimit);
    const none = availableBalance && availableBalance.value === '0.00';
    return [
      (low || none) && notice('bad', 'alert', h('p', {}, t(none ? 'balance.empty' : 'balance.low'))),
      h(
        'div',
        { class: 'figures' },
        figure('balance.available', availableBalance, `main${low || none ? ' low' : ''}`),
        figure('balance.held', holdAmount),
        figure('balance.limit', creditAlertLimit),
      ),
      h('p', { class: 'fine' }, t('balance.asOf', { time: timeOfDay(Date.now()) })),
      h('button', { type: 'button', class: 'secondary', on: { click: load } }, t('balance.refresh')),
    ];
  }
}

function figure(key, amount, kind = '') {
  return h('div', { class: `figure ${kind}` }, h('p', { class: 'figure-label' }, t(key)), ' ', h('p', { class: 'figure-value' }, amount ? rupiah(amount) : t('balance.notStated')));
}
