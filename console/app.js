/** The console: its frame, and the page that the address names. Pages are in views/, each with `title` and `render`. */

import { announce, fill, h, icon } from './dom.js';
import { currentLanguage, LANGUAGES, setLanguage, t } from './i18n.js';
import { rupiah } from './format.js';
import { finishSignIn } from './oidc.js';
import { begin, config, hasSimulator, payouts, setToken, token } from './session.js';
import { notice } from './widgets.js';
import * as attention from './views/attention.js';
import * as balance from './views/balance.js';
import * as codes from './views/codes.js';
import * as newTransfer from './views/new.js';
import * as settings from './views/settings.js';
import * as simulator from './views/simulator.js';
import * as transfer from './views/transfer.js';
import * as transfers from './views/transfers.js';
import * as webhooks from './views/webhooks.js';

const PAGES = { new: newTransfer, transfers, attention, balance, codes, settings, simulator, webhooks };
const NAVIGATION = [
  ['new', 'send'],
  ['transfers', 'list'],
  ['attention', 'alert'],
  ['balance', 'wallet'],
  ['codes', 'code'],
];
/** The simulator's page is there where the simulator is, the inbox of webhooks in the local run. */
const isPage = (name) => name in PAGES && (name !== 'simulator' || hasSimulator) && (name !== 'webhooks' || config.local);
const main = document.getElementById('main');
let leaving = new AbortController();

function address() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, reference] = path.split('/');
  return { name: isPage(name) ? name : 'new', reference: reference && decodeURIComponent(reference), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** Show the page of the address. The focus goes to its heading, unless it may stay where it is. */
function show({ keepFocus = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { name, reference, query } = address();
  const page = token() ? (name === 'transfers' && reference ? transfer : PAGES[name]) : settings;
  announce('');
  const focused = keepFocus ? document.activeElement?.id : null;
  frame(name);
  document.title = `${reference ?? t(page.title)} – ${t('app.name')}`;
  page.render(main, { reference, query, go, signal: leaving.signal });
  if (!keepFocus) window.scrollTo(0, 0);
  (focused ? document.getElementById(focused) : keepFocus ? null : main.querySelector('h1'))?.focus({ preventScroll: true });
}

/** Go to a page: its path below #. */
function go(path, options) {
  history.pushState(null, '', `#${path}`);
  show(options);
}

function frame(current) {
  document.documentElement.lang = currentLanguage();
  document.getElementById('skip').textContent = t('app.skip');
  const link = (name, picture) => h('a', { href: `#/${name}`, 'aria-current': name === current ? 'page' : null }, icon(picture), h('span', {}, t(`nav.${name}`)));
  fill(
    document.getElementById('header'),
    h(
      'div',
      { class: 'bar' },
      h('a', { class: 'brand', href: '#/new' }, h('span', { class: 'mark', 'aria-hidden': 'true' }, icon('send')), t('app.name')),
      config.local && h('span', { class: config.dokuHost ? 'local real' : 'local' }, config.dokuHost ? t('app.localDoku', { host: config.dokuHost }) : t('app.local')),
      h('nav', { class: 'tools' }, config.local && link('webhooks', 'inbox'), hasSimulator && link('simulator', 'flask'), link('settings', 'gear'), languageSwitch()),
    ),
    h('nav', { class: 'pages', 'aria-label': t('nav.label') }, NAVIGATION.map(([name, picture]) => link(name, picture))),
  );
  fill(document.getElementById('footer'), config.local && h('a', { href: '/docs' }, t('app.apiDocs')));
  pendingNotice();
}

function languageSwitch() {
  const choose = (event) => {
    setLanguage(event.target.value);
    show({ keepFocus: true });
  };
  const options = Object.entries(LANGUAGES).map(([name, label]) => h('option', { value: name, lang: name, selected: name === currentLanguage() }, label));
  return h('label', { class: 'language' }, h('span', { class: 'visually-hidden' }, t('app.language')), h('select', { id: 'language', on: { change: choose } }, options));
}

/** What was sent before this page was loaded, and never answered. */
function pendingNotice() {
  const told = payouts.pending().filter(({ intent }) => intent !== address().query.finish);
  fill(
    document.getElementById('notices'),
    told.map(({ intent, body }) =>
      notice('unknown', 'question', h('p', {}, t('app.pending', { amount: rupiah(body.amount), name: body.beneficiaryAccountName })), h('p', { class: 'actions' }, h('a', { href: `#/new?finish=${encodeURIComponent(intent)}` }, t('app.pendingFinish')))),
    ),
  );
}

async function start() {
  document.documentElement.lang = currentLanguage();
  let problem = null;
  try {
    await begin();
    const fresh = config.oidc && (await finishSignIn(config.oidc));
    if (fresh) setToken(fresh);
  } catch (error) {
    problem = error;
  }
  window.addEventListener('hashchange', () => show());
  document.getElementById('skip').addEventListener('click', (event) => (event.preventDefault(), main.focus()));
  show();
  if (problem) document.getElementById('notices').append(notice('bad', 'alert', h('p', {}, t('settings.signInFailed', { reason: problem.message }))));
}

start();
