/** The meaning of a code of DOKU in every system that has it, or the codes that hold some words. */

import { fill, h } from '../dom.js';
import { currentLanguage, known, t } from '../i18n.js';
import { payouts } from '../session.js';
import { empty, failure, loading, notice } from '../widgets.js';

export const title = 'codes.title';
const EXAMPLES = ['2004300', '4034314', 'INSUFFICIENT_FUND', 'SY00', 'NOT_RECEIVED'];
const SYSTEMS = ['snap', 'glossary', 'biller'];
const MOST = 30;

export function render(main, { query, go, signal }) {
  const code = h('input', { id: 'code', name: 'code', value: query.code, required: true, autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: 64, 'aria-describedby': 'code-hint' });
  const system = h('select', { id: 'system' }, h('option', { value: '' }, t('codes.anySystem')), SYSTEMS.map((each) => h('option', { value: each, selected: each === query.system }, t(`system.${each}`))));
  const result = h('section', { 'aria-live': 'polite' });
  const submit = (event) => {
    event.preventDefault();
    go(`/codes?${new URLSearchParams({ code: code.value.trim(), ...(system.value && { system: system.value }) })}`, { keepFocus: true });
  };
  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    h('p', { class: 'lead' }, t('codes.lead')),
    h(
      'form',
      { class: 'filters', on: { submit } },
      h('div', { class: 'field' }, h('label', { for: 'code' }, t('codes.code')), h('p', { class: 'hint', id: 'code-hint' }, t('codes.hint')), code),
      h('div', { class: 'field' }, h('label', { for: 'system' }, t('codes.system')), system),
      h('button', { class: 'primary' }, t('codes.explain')),
    ),
    h('p', { class: 'fine examples' }, t('codes.examples'), ': ', EXAMPLES.map((each) => [h('a', { class: 'code', href: `#/codes?code=${each}` }, each), ' '])),
    result,
  );
  if (query.code) load();

  async function load() {
    fill(result, loading());
    try {
      fill(result, await found(query, signal));
    } catch (error) {
      if (!signal.aborted) fill(result, failure(error, { retry: load }));
    }
  }
}

/** The readings of a code; those of the codes that hold the words, if the text is no known code. */
async function found({ code, system }, signal) {
  const explained = /\s/.test(code) ? null : await payouts.explain(code, { system, signal });
  if (explained?.known) return explained.readings.map(reading);
  const readings = (await payouts.codes(code, { system, signal })).flatMap((each) => each.readings);
  if (readings.length) return [h('p', { class: 'fine' }, t(readings.length > MOST ? 'codes.firstOf' : 'codes.found', { count: readings.length, most: MOST })), readings.slice(0, MOST).map(reading)];
  if (!explained) return empty(t('codes.noWords'));
  return [notice('unknown', 'question', h('p', {}, t('codes.unknown'))), explained.readings.map(reading)];
}

function reading(each) {
  const indonesian = currentLanguage() === 'id';
  const meaning = (indonesian && each.meaningId) || each.meaning;
  const money = { yes: 'good', no: 'open', unknown: 'unknown' }[each.moneyMoved];
  const facts = [
    ['codes.appliesTo', [(indonesian ? each.serviceNameId : each.serviceName) ?? '', each.serviceName ? ' · ' : '', known(`codes.scope.${each.appliesTo}`, each.appliesTo)]],
    ['codes.moneyMoved', h('span', { class: `badge ${money}` }, t(`codes.money.${each.moneyMoved}`))],
    ['codes.hold', t(`codes.hold.${each.holdFunds ? 'yes' : 'no'}`)],
    ['codes.retry', known(`codes.retry.${each.retry}`, each.retry)],
    ['codes.who', known(`codes.who.${each.whoActs}`, each.whoActs)],
  ];
  return h(
    'article',
    { class: 'card' },
    h('p', { class: 'eyebrow' }, known(`system.${each.system}`, each.system)),
    h('h2', {}, h('span', { class: 'code' }, each.code), ' ', h('span', { lang: 'en' }, each.message)),
    meaning && h('p', {}, meaning),
    h('p', { class: 'next-step' }, h('span', { class: 'strong' }, `${t('codes.next')}: `), (indonesian && each.nextStepId) || each.nextStep),
    h('dl', { class: 'facts' }, facts.map(([term, value]) => h('div', {}, h('dt', {}, t(term)), h('dd', {}, value)))),
  );
}

