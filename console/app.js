/** The console: its frame, and the page that the address names. Pages are in views/, each with `title` and `render`. */

import { announce, fill, h, icon } from './dom.js';
import { currentLanguage, known, LANGUAGES, setLanguage, t } from './i18n.js';
import { rupiah } from './format.js';
import * as approvals from './approvals.js';
import { finishSignIn } from './oidc.js';
import { becomePerson, begin, config, currentPerson, hasSimulator, mayApprove, payouts, people, setToken, token } from './session.js';
import { notice } from './widgets.js';
import * as attention from './views/attention.js';
import * as batch from './views/batch.js';
import * as batches from './views/batches.js';
import * as codes from './views/codes.js';
import * as newBatch from './views/new-batch.js';
import * as newTransfer from './views/new.js';
import * as notFound from './views/not-found.js';
import * as overview from './views/overview.js';
import * as proof from './views/proof.js';
import * as settings from './views/settings.js';
import * as simulator from './views/simulator.js';
import * as transfer from './views/transfer.js';
import * as transfers from './views/transfers.js';
import * as webhooks from './views/webhooks.js';

/** Pages of one transfer or batch, whose reference follows in the address. */
const DETAILS = { transfers: transfer, proof, batches: batch };
const PAGES = { overview, new: newTransfer, transfers, batches, 'new-batch': newBatch, attention, codes, settings, simulator, webhooks };
/** Pages that are not in the navigation, and the page whose link is marked there instead. */
const BELOW = { proof: 'transfers', 'new-batch': 'batches' };
const NAVIGATION = [
  ['overview', 'home'],
  ['transfers', 'list'],
  ['new', 'send'],
  ['batches', 'sheet'],
  ['attention', 'alert'],
  ['codes', 'code'],
];
/** The simulator's page exists only in a local run with the simulator, the inbox of webhooks in every local run. */
const isPage = (name) => Object.hasOwn(PAGES, name) && (name !== 'simulator' || hasSimulator) && (name !== 'webhooks' || config.local);
const main = document.getElementById('main');
let leaving = new AbortController();

/** The page of the address with its reference and query; the not-found page for an unknown address. */
function address() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name = '', reference, ...rest] = path.split('/');
  const query = Object.fromEntries(new URLSearchParams(search));
  if (!name) return { name: 'overview', page: overview, query };
  const page = reference ? Object.hasOwn(DETAILS, name) && DETAILS[name] : isPage(name) && PAGES[name];
  if (!page || rest.length) return { name: null, page: notFound, query };
  return { name: BELOW[name] ?? name, page, reference: reference && decoded(reference), query };
}

/** A part of the address as text; as it is where its percent-encoding is broken. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Show the page of the address. The focus goes to its heading, unless it may stay where it is. */
function show({ keepFocus = false } = {}) {
  leaving.abort();
  leaving = new AbortController();
  const { name, page: wanted, reference, query } = address();
  const page = token() ? wanted : settings;
  announce('');
  const focused = keepFocus ? document.activeElement?.id : null;
  frame(name);
  document.title = `${reference ?? t(page.title)} – ${t('app.name')}`;
  page.render(main, { reference, query, go, signal: leaving.signal });
  if (!keepFocus) window.scrollTo(0, 0);
  (focused ? document.getElementById(focused) : keepFocus ? null : main.querySelector('h1'))?.focus({ preventScroll: true });
}

/** Go to a page: its path below #. With `replace`, Back does not return to the present one. */
function go(path, { replace = false, ...options } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', `#${path}`);
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
      h('a', { class: 'brand', href: '#/overview' }, h('span', { class: 'mark', 'aria-hidden': 'true' }, icon('send')), t('app.name')),
      environmentBadge(),
      h('nav', { class: 'tools' }, config.local && link('webhooks', 'inbox'), hasSimulator && link('simulator', 'flask'), link('settings', 'gear')),
      h('div', { class: 'choices' }, personSwitch(), languageSwitch()),
    ),
    h('nav', { class: 'pages', 'aria-label': t('nav.label') }, NAVIGATION.map(([name, picture]) => link(name, picture))),
  );
  fill(document.getElementById('footer'), config.local && h('a', { href: '/docs' }, t('app.apiDocs')));
  pendingNotice();
  if (mayApprove()) countApprovals();
}

/** Show beside "Batches" how many wait for an approval. */
async function countApprovals() {
  const count = await approvals.count(leaving.signal).catch(() => 0);
  const link = document.querySelector('.pages a[href="#/batches"] span');
  if (count && link && !link.querySelector('.count')) link.append(' ', h('span', { class: 'count review' }, String(count), h('span', { class: 'visually-hidden' }, ` ${t('batches.pending')}`)));
}

/** The environment by config.json. Production and a local run with a real DOKU are marked: money is real there. */
function environmentBadge() {
  const { local, dokuHost, environment } = config;
  if (local && !dokuHost) return h('span', { class: 'environment' }, t('app.local'));
  if (local) return h('span', { class: 'environment real' }, t('app.localDoku', { host: dokuHost }));
  return environment && h('span', { class: environment === 'production' ? 'environment real' : 'environment' }, known(`app.environment.${environment}`, environment));
}

/** In the local run the reader may be either person: one makes a batch, the other approves it. */
function personSwitch() {
  if (people.length < 2) return null;
  const choose = async (event) => {
    await becomePerson(event.target.value);
    show({ keepFocus: true });
  };
  const options = people.map((name) => h('option', { value: name, selected: name === currentPerson() }, t(`app.person.${name}`)));
  return h('label', { class: 'language' }, h('span', { class: 'visually-hidden' }, t('app.person')), h('select', { id: 'person', on: { change: choose } }, options));
}

function languageSwitch() {
  const choose = (event) => {
    setLanguage(event.target.value);
    show({ keepFocus: true });
  };
  const options = Object.entries(LANGUAGES).map(([name, label]) => h('option', { value: name, lang: name, selected: name === currentLanguage() }, label));
  return h('label', { class: 'language' }, h('span', { class: 'visually-hidden' }, t('app.language')), h('select', { id: 'language', on: { change: choose } }, options));
}

/** A notice for each request that was sent before this page was loaded and never answered. */
function pendingNotice() {
  const unanswered = payouts.pending().filter(({ intent }) => intent !== address().query.finish);
  fill(
    document.getElementById('notices'),
    unanswered.map(({ intent, body }) =>
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
