/** The support desk's part of a transfer's page: its notes, and settling a transfer that status checks cannot settle. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { moment } from '../format.js';
import { may, payouts } from '../session.js';
import { failure, field, loadInto } from '../widgets.js';

const MOST = { note: 500, reason: 200 };
const VERDICTS = ['SUCCESS', 'FAILED', 'REFUNDED'];

/** The notes on a transfer, oldest first, and a form for another one. It stays while the transfer changes. */
export function notes(reference, signal) {
  const list = h('div', {});
  const show = (found) => (found.length ? h('ol', { class: 'notes' }, found.map(entry)) : h('p', { class: 'fine' }, t('notes.none')));
  loadInto(list, signal, async () => show((await payouts.notes(reference, { signal })).notes));
  const add = may('transfers:note') && form('note', t('notes.add'), MOST.note, async (text) => fill(list, show((await payouts.addNote(reference, text, { signal })).notes)), signal);
  return h('section', { class: 'card support' }, h('h2', {}, t('notes.title')), list, add);
}

const entry = ({ at, by, text }) => h('li', {}, h('p', {}, text), h('p', { class: 'sub' }, `${by} · `, h('time', { datetime: at }, moment(at))));

/** A form that records an outcome, of a transfer as it is shown: what comes in later replaces the form. */
export function settlement(page, transfer) {
  if (!transfer.review || !may('transfers:settle')) return null;
  const options = VERDICTS.map((verdict) => h('option', { value: verdict }, t(`status.${verdict}`)));
  const verdict = h('select', {}, h('option', { value: '' }, t('settle.choose')), options);
  const chosen = field('verdict', t('settle.verdict'), verdict);
  const send = async (reason) => {
    const { partnerReferenceNo, version } = transfer;
    page.show(await payouts.settle(partnerReferenceNo, { verdict: verdict.value, reason, version }, { signal: page.signal }));
    announce(t('settle.done'));
  };
  const check = () => {
    chosen.fail(verdict.value ? null : t('settle.choose'));
    return verdict.value !== '';
  };
  const asked = form('reason', t('settle.reason'), MOST.reason, send, page.signal, { before: [chosen.element], button: t('settle.send'), hint: t('settle.hint'), check });
  return h('details', { class: 'card support', id: 'settle' }, h('summary', {}, t('settle.title')), h('p', {}, t('settle.text')), asked);
}

/** A form with one line of text. The text stays if sending it fails. */
function form(id, label, most, send, signal, { before = [], button = t('notes.send'), hint, check = () => true } = {}) {
  const line = field(id, label, h('input', { maxlength: most, autocomplete: 'off', required: true }), { hint });
  const problem = h('div', { role: 'status' });
  let busy = false;
  async function submit(event) {
    event.preventDefault();
    const text = line.input.value.trim();
    line.fail(text ? null : t('support.empty'));
    if (busy || !check() || !text) return;
    busy = true;
    try {
      await send(text);
      line.input.value = '';
      fill(problem);
    } catch (error) {
      if (!signal.aborted) fill(problem, failure(error));
    }
    busy = false;
  }
  return h('form', { class: 'form', novalidate: true, on: { submit } }, before, line.element, problem, h('div', { class: 'buttons end' }, h('button', { class: 'secondary' }, button)));
}
