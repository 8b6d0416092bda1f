/** The inbox of the local run: each webhook that was delivered, and buttons that let the next ones fail. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { moment } from '../format.js';
import { askLocally } from '../session.js';
import { badge, empty, failure, referenceLink } from '../widgets.js';

export const title = 'webhooks.title';
const PAUSE = 2000;

export function render(main, { signal }) {
  const problem = h('div', {});
  const failing = h('p', {});
  const list = h('div', {});
  let shown = '';
  const button = (key, count) => h('button', { type: 'button', class: 'secondary', on: { click: () => fail(count) } }, t(key));
  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    h('p', { class: 'lead' }, t('webhooks.lead')),
    problem,
    h('section', { class: 'card' }, h('h2', {}, t('webhooks.failures')), failing, h('div', { class: 'buttons' }, button('webhooks.failOne', 1), button('webhooks.failMany', 100), button('webhooks.failNone', 0))),
    list,
  );
  refresh();

  async function refresh() {
    try {
      show(await askLocally('webhooks/deliveries'));
    } catch (error) {
      report(error);
    }
    if (!signal.aborted) setTimeout(() => !signal.aborted && refresh(), PAUSE);
  }

  /** Only what is new is drawn: a message that is open stays open. */
  function show({ deliveries, failing: count, status }) {
    if (signal.aborted) return;
    failing.textContent = count ? t('webhooks.failing', { count, status }) : t('webhooks.failingNone');
    const state = JSON.stringify(deliveries);
    if (state === shown) return;
    shown = state;
    fill(list, deliveries.length ? deliveries.map(delivery) : empty(t('webhooks.none'), h('a', { href: '#/new' }, t('nav.new'))));
  }

  async function fail(count) {
    fill(problem);
    try {
      show(await askLocally('webhooks/failures', { method: 'POST', body: { count } }));
      announce(failing.textContent);
    } catch (error) {
      report(error);
    }
  }

  function report(error) {
    if (!signal.aborted) fill(problem, failure({ code: '', message: error.message }));
  }
}

function delivery({ at, verified, status, headers, body }) {
  const { type, data } = parsed(body);
  const relevant = Object.entries(headers).filter(([name]) => name.startsWith('webhook-') || name === 'content-type');
  return h(
    'section',
    { class: 'card' },
    h('p', { class: 'fine' }, moment(at), ' · ', t('webhooks.answered', { status }), ' · ', t(verified ? 'webhooks.verified' : 'webhooks.notVerified')),
    h('h2', {}, data.partnerReferenceNo ? [referenceLink(data.partnerReferenceNo), ' ', badge(data.status)] : type),
    h(
      'details',
      {},
      h('summary', {}, t('webhooks.message')),
      h('pre', { tabindex: 0 }, relevant.map(([name, value]) => `${name}: ${value}\n`).join('')),
      h('pre', { tabindex: 0 }, JSON.stringify(parsed(body), null, 2)),
    ),
  );
}

function parsed(body) {
  try {
    const { type = '', data = {}, ...rest } = JSON.parse(body);
    return { type, ...rest, data };
  } catch {
    return { type: body, data: {} };
  }
}
