/** For operators: disputed transfers, those in review or of unknown outcome, refunds, and the dead notifications. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { loadBankNames } from '../bank-list.js';
import { moment, shortMoment } from '../format.js';
import { isUnknown, openTransfers, recentRefunds } from '../open-transfers.js';
import { askLocally, config } from '../session.js';
import { empty, failure, loading, notice, referenceLink, transferTable } from '../widgets.js';

export const title = 'attention.title';
const MOST = 5000;
const GROUPS = [
  ['disputed', (each) => each.status === 'DISPUTED'],
  ['review', (each) => each.review],
  ['unknown', isUnknown],
  ['refunded', (each) => each.status === 'REFUNDED'],
  ['waiting', () => true],
];

export function render(main, { signal }) {
  const result = h('section', {}, loading());
  const dead = h('section', { class: 'group' });
  fill(main, h('h1', { tabindex: -1 }, t(title)), h('p', { class: 'lead' }, t('attention.lead')), result, dead);
  showTransfers(result, signal);
  showDead(dead, signal);
}

async function showTransfers(result, signal) {
  const onProgress = (count) => fill(result, h('p', { class: 'loading' }, h('span', { class: 'spinner' }), t('attention.progress', { count })));
  try {
    const [open, refunds] = await Promise.all([openTransfers({ signal, most: MOST, onProgress }), recentRefunds(signal), loadBankNames()]);
    const grouped = groups([...open.transfers, ...refunds]);
    const calm = !grouped.some(([name]) => name !== 'waiting');
    const clear = calm && !open.partial && notice('good', 'check', h('p', {}, t('attention.clear')));
    fill(result, clear, grouped.map(group), open.partial && notice('unknown', 'alert', h('p', {}, t('attention.partial', { count: MOST }))));
    announce(clear ? t('attention.clear') : t('list.shownAll', { count: open.transfers.length + refunds.length }));
  } catch (error) {
    if (!signal.aborted) fill(result, failure(error, { retry: () => showTransfers(result, signal) }));
  }
}

/** `[name, members]` of the groups that have members, oldest first. Each transfer is in the first group that it belongs to. */
function groups(transfers) {
  const found = new Map(GROUPS.map(([name]) => [name, []]));
  const nameOf = (transfer) => GROUPS.find(([, belongs]) => belongs(transfer))[0];
  const sorted = [...transfers].sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
  for (const each of sorted) found.get(nameOf(each)).push(each);
  return [...found].filter(([, members]) => members.length);
}

/** A group. Transfers that need no action are folded away. */
function group([name, members]) {
  const heading = h('h2', {}, t(`attention.${name}`), ' ', h('span', { class: `count ${name}` }, String(members.length)));
  const content = [h('p', { class: 'fine' }, t(`attention.${name}Hint`)), transferTable(members, shortMoment)];
  if (name === 'waiting') return h('details', { class: 'group' }, h('summary', {}, heading), content);
  return h('section', { class: 'group' }, heading, content);
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
