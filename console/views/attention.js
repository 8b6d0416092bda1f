/** For operators: what is open, in review or disputed over the last days, and the dead notifications. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { dayAfter, moment, shortMoment } from '../format.js';
import { askLocally, config, payouts } from '../session.js';
import { empty, failure, loading, notice, referenceLink, transferTable } from '../widgets.js';

export const title = 'attention.title';
const OPEN = ['DISPUTED', 'SUBMITTING', 'IN_DOUBT', 'ACCEPTED', 'UNPAID'];
const ENDED = ['SUCCESS', 'FAILED', 'REFUNDED']; // of these only those in review: a notification may contradict them
const DAYS = [1, 3, 10, 30];
const USUAL = 10; // a transfer is in review after seven
const MOST_PAGES = 20;
const GROUPS = [
  ['disputed', (each) => each.status === 'DISPUTED'],
  ['review', (each) => each.review],
  ['unknown', (each) => ['SUBMITTING', 'IN_DOUBT'].includes(each.status)],
  ['waiting', () => true],
];

export function render(main, { query, go, signal }) {
  const days = DAYS.includes(Number(query.days)) ? Number(query.days) : USUAL;
  const select = h(
    'select',
    { id: 'days', on: { change: () => go(`/attention?days=${select.value}`, { keepFocus: true }) } },
    DAYS.map((count) => h('option', { value: count, selected: count === days }, count === 1 ? t('attention.today') : t('attention.lastDays', { count }))),
  );
  const result = h('section', {}, loading());
  const dead = h('section', { class: 'group' });
  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    h('p', { class: 'lead' }, t('attention.lead')),
    h('div', { class: 'filters' }, h('div', { class: 'field' }, h('label', { for: 'days' }, t('attention.days')), select)),
    result,
    dead,
  );
  showOpen(result, days, signal);
  showDead(dead, signal);
}

async function showOpen(result, days, signal) {
  try {
    const found = { transfers: [], partial: false };
    const { day: today } = await payouts.page({ limit: 1 }, { signal });
    for (let back = 0; back < days; back += 1) {
      const text = t('attention.progress', { done: back + 1, total: days });
      fill(result, h('p', { class: 'loading' }, h('span', { class: 'spinner' }), text));
      const day = dayAfter(today, -back);
      await Promise.all([...OPEN, ...ENDED].map((status) => collect(found, { day, status, limit: 100 }, signal)));
    }
    fill(result, groups(found), found.partial && notice('unknown', 'alert', h('p', {}, t('attention.partial'))));
    announce(found.transfers.length || found.partial ? t('list.shownAll', { count: found.transfers.length }) : t('attention.clear'));
  } catch (error) {
    if (!signal.aborted) fill(result, failure(error, { retry: () => showOpen(result, days, signal) }));
  }
}

/** Add a day's transfers of one status to `found`, as far as so many pages go. */
async function collect(found, query, signal) {
  let cursor = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await payouts.page({ ...query, cursor }, { signal });
    found.transfers.push(...page.transfers.filter((each) => each.review || OPEN.includes(each.status)));
    cursor = page.cursor;
    if (!cursor) return;
  }
  found.partial = true;
}

/** Each transfer stands in the first group that it belongs to. */
function groups({ transfers, partial }) {
  let rest = [...transfers].sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  const shown = GROUPS.map(([name, belongs]) => {
    const members = rest.filter(belongs);
    rest = rest.filter((each) => !belongs(each));
    return group(name, members);
  });
  return [!transfers.length && !partial && notice('good', 'check', h('p', {}, t('attention.clear'))), shown];
}

function group(name, members) {
  const heading = h('h2', {}, t(`attention.${name}`), ' ', h('span', { class: `count ${members.length ? name : ''}` }, String(members.length)));
  return h('section', { class: 'group' }, heading, h('p', { class: 'fine' }, t(`attention.${name}Hint`)), members.length > 0 && transferTable(members, shortMoment));
}

async function showDead(section, signal) {
  const head = (count = null) => [
    h('h2', {}, t('attention.dead'), ' ', count !== null && h('span', { class: `count ${count ? 'disputed' : ''}` }, String(count))),
    h('p', { class: 'fine' }, t('attention.deadHint')),
  ];
  const command = (text) => h('pre', { tabindex: 0 }, h('code', {}, text));
  if (!config.local) {
    fill(section, head(), h('p', {}, t('attention.deadCommand')), command('make explain ENV=production ARGS=--dead'), h('p', {}, t('attention.deadRedrive')), command('make redrive ENV=production'));
    return;
  }
  try {
    const { notifications } = await askLocally('dead-notifications');
    if (signal.aborted) return;
    const redrive = [h('p', {}, t('attention.deadRedrive')), command('make redrive')];
    fill(section, head(notifications.length), notifications.length ? [h('ul', { class: 'plain-list' }, notifications.map(deadOne)), redrive] : empty(t('attention.none')));
  } catch (error) {
    if (!signal.aborted) fill(section, head(), failure(error));
  }
}

function deadOne({ at, kind, partnerReferenceNo, referenceNo, message, messageId }) {
  if (!kind) return h('li', {}, t('attention.deadForeign'), ' ', h('span', { class: 'code' }, messageId));
  const about = partnerReferenceNo ? referenceLink(partnerReferenceNo) : h('span', { class: 'code' }, referenceNo);
  const [before, after] = t('attention.deadAbout', { kind, reference: '\u0000' }).split('\u0000');
  return h('li', {}, before, about, after, h('span', { class: 'sub' }, moment(at), ' · ', h('span', { lang: 'en' }, message)));
}
