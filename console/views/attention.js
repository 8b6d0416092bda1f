/** For operators: the transfers that are open, in review or disputed, and the dead notifications. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { moment } from '../format.js';
import { askLocally, config, payouts } from '../session.js';
import { empty, failure, loading, notice, referenceLink, transferTable } from '../widgets.js';

export const title = 'attention.title';
const MOST = 5000;
const GROUPS = [
  ['disputed', (each) => each.status === 'DISPUTED'],
  ['review', (each) => each.review],
  ['unknown', (each) => ['SUBMITTING', 'IN_DOUBT'].includes(each.status)],
  ['waiting', () => true],
];

export function render(main, { signal }) {
  const result = h('section', {}, loading());
  const dead = h('section', { class: 'group' });
  fill(main, h('h1', { tabindex: -1 }, t(title)), h('p', { class: 'lead' }, t('attention.lead')), result, dead);
  showOpen(result, signal);
  showDead(dead, signal);
}

async function showOpen(result, signal) {
  try {
    const found = { transfers: [], partial: false };
    for await (const each of payouts.list({ open: true, limit: 100 }, { signal })) {
      if (found.transfers.length === MOST) {
        found.partial = true;
        break;
      }
      found.transfers.push(each);
      if (found.transfers.length % 100 === 0) {
        const text = t('attention.progress', { count: found.transfers.length });
        fill(result, h('p', { class: 'loading' }, h('span', { class: 'spinner' }), text));
      }
    }
    fill(result, groups(found), found.partial && notice('unknown', 'alert', h('p', {}, t('attention.partial', { count: MOST }))));
    announce(found.transfers.length ? t('list.shownAll', { count: found.transfers.length }) : t('attention.clear'));
  } catch (error) {
    if (!signal.aborted) fill(result, failure(error, { retry: () => showOpen(result, signal) }));
  }
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
  const since = (each) => h('time', { datetime: each.createdAt }, moment(each.createdAt));
  return h('section', { class: 'group' }, heading, h('p', { class: 'fine' }, t(`attention.${name}Hint`)), members.length > 0 && transferTable(members, since));
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
