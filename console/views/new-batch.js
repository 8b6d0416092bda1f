/** A new batch from a file: upload, schedule and control totals; or another file for a batch that still waits for one. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { amountInput } from '../amount-input.js';
import { fileInput } from '../file-input.js';
import { newReference } from '../draft.js';
import { UploadError, uploadBatch, wrongWithFile } from '../upload.js';
import { localTime } from '../format.js';
import { payouts } from '../session.js';
import { failure, field, loadInto, notice, placeErrors, toFirst } from '../widgets.js';

export const title = 'newBatch.title';
const CHECKS = {
  batchReference: [/^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,57}$/, 'newBatch.reference.wrong'],
  remark: [/^[ -~]*$/, 'field.ascii'],
  expectedCount: [/^([1-9][0-9]{0,5})?$/, 'newBatch.count.wrong'],
};

export function render(main, { query, go, signal }) {
  const section = h('section', {});
  const form = (batch) => new BatchForm(signal, batch, (reference) => go(`/batches/${encodeURIComponent(reference)}`)).element;
  fill(main, h('h1', { tabindex: -1 }, t(query.batch ? 'newBatch.again' : title)), h('p', { class: 'lead' }, t('newBatch.lead')), templates(), section);
  if (query.batch) loadInto(section, signal, async () => form(await payouts.batch(query.batch, { signal })));
  else fill(section, form(null));
}

/** Empty files with the right columns. */
function templates() {
  const link = (format) => h('a', { href: `templates/payouts.${format}`, download: `payouts.${format}` }, format.toUpperCase());
  return h('p', { class: 'templates' }, t('batches.templates'), ' ', link('xlsx'), ' · ', link('csv'));
}

class BatchForm {
  #signal;
  #done;
  #file;
  #total = amountInput({ required: false });
  #parts;
  #problem = h('div', {});
  #progress = h('div', { class: 'progress', hidden: true });
  #button = h('button', { class: 'primary', id: 'upload' }, t('upload.start'));

  /** `batch` is one that waits for its file, or null for a new one; `done` gets the reference. */
  constructor(signal, batch, done) {
    this.#signal = signal;
    this.#done = done;
    this.#file = fileInput(signal, '.csv,.xlsx');
    const input = (attributes) => h('input', { autocomplete: 'off', ...attributes });
    this.#parts = {
      file: field('file', t('upload.file'), this.#file.element, { hint: t('upload.hint') }),
      batchReference: field('reference', t('newBatch.reference'), input({ maxlength: 57, required: true, class: 'code', spellcheck: 'false' }), { hint: t('newBatch.reference.hint') }),
      remark: field('remark', t('transfer.remark'), input({ maxlength: 255 }), { optional: true }),
      scheduledAt: field('scheduled', t('newBatch.scheduled'), input({ type: 'datetime-local' }), { optional: true, hint: t('newBatch.scheduled.hint') }),
      fundsDeadline: field('deadline', t('newBatch.deadline'), input({ type: 'datetime-local' }), { optional: true, hint: t('newBatch.deadline.hint') }),
      expectedCount: field('count', t('newBatch.count'), input({ inputmode: 'numeric', maxlength: 6 }), { optional: true }),
      expectedTotal: field('total', t('newBatch.total'), this.#total.element, { optional: true }),
    };
    if (batch) this.#copy(batch);
    else this.#parts.batchReference.input.value = newReference('BATCH');
    const pick = (...names) => names.map((name) => this.#parts[name].element);
    this.element = h(
      'form',
      { class: 'card form', novalidate: true, on: { submit: (event) => this.#submit(event) } },
      this.#problem,
      h('fieldset', { class: 'single' }, pick('file')),
      h('fieldset', {}, h('legend', {}, t('newBatch.name')), pick('batchReference', 'remark')),
      h('fieldset', {}, h('legend', {}, t('newBatch.when')), pick('scheduledAt', 'fundsDeadline')),
      h('fieldset', {}, h('legend', {}, t('newBatch.control'), h('span', { class: 'hint' }, t('newBatch.control.hint'))), pick('expectedCount', 'expectedTotal')),
      this.#progress,
      h('div', { class: 'buttons end' }, h('p', { class: 'fine' }, t('newBatch.nothingPaid')), this.#button),
    );
  }

  /** Show a batch. Only its file and control totals can be changed. */
  #copy({ batchReference, remark, scheduledAt, fundsDeadline, file }) {
    const fixed = { batchReference, remark: remark ?? '', scheduledAt: localTime(scheduledAt), fundsDeadline: localTime(fundsDeadline) };
    for (const [name, value] of Object.entries(fixed)) {
      this.#parts[name].input.value = value;
      this.#parts[name].input.readOnly = true;
    }
    this.#parts.expectedCount.input.value = file?.expectedCount ?? '';
    this.#total.set(file?.expectedTotal?.value ?? '');
  }

  #texts() {
    return Object.fromEntries(Object.entries(this.#parts).map(([name, part]) => [name, part.input.value.trim()]));
  }

  /** The body of POST /v1/batches without the file's hash. Times are entered in WIB. */
  #body() {
    const { batchReference, remark, scheduledAt, fundsDeadline, expectedCount } = this.#texts();
    const time = (text) => (text ? `${text}:00+07:00` : undefined);
    const total = this.#total.value();
    return {
      batchReference,
      remark: remark || undefined,
      scheduledAt: time(scheduledAt),
      fundsDeadline: time(fundsDeadline),
      expectedCount: expectedCount ? Number(expectedCount) : undefined,
      expectedTotal: total ? { value: total, currency: 'IDR' } : undefined,
    };
  }

  /** The fields that are wrong, with their errors shown. */
  #wrong() {
    const texts = this.#texts();
    const keys = { file: wrongWithFile(this.#file.file()), expectedTotal: this.#total.wrong() };
    for (const [name, [form, key]] of Object.entries(CHECKS)) keys[name] = form.test(texts[name]) ? null : key;
    for (const [name, part] of Object.entries(this.#parts)) part.fail(keys[name] ? t(keys[name]) : null);
    return Object.keys(this.#parts).filter((name) => keys[name]);
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#button.disabled) return;
    fill(this.#problem);
    const wrong = this.#wrong();
    if (wrong.length) return toFirst(wrong.map((name) => this.#parts[name]));
    this.#busy(true);
    try {
      const batch = await uploadBatch(this.#file.file(), this.#body(), { signal: this.#signal, onStep: (...step) => this.#show(...step) });
      if (!this.#signal.aborted) this.#done(batch.batchReference);
    } catch (error) {
      this.#busy(false);
      if (!this.#signal.aborted) this.#fail(error);
    }
  }

  #busy(now) {
    this.#button.disabled = now;
    this.#progress.hidden = !now;
    for (const { input } of Object.values(this.#parts)) input.disabled = now;
    this.element.setAttribute('aria-busy', String(now));
  }

  /** Show a step; the bar runs while the file is being sent, and is without an end otherwise. */
  #show(step, share) {
    const text = t(`upload.${step}`, { percent: Math.floor((share ?? 0) * 100) });
    fill(this.#progress, h('progress', { max: 1, value: share, 'aria-label': t('upload.progress') }), h('p', { class: 'fine' }, text));
    if (!share) announce(text);
  }

  #fail(error) {
    if (error instanceof UploadError) fill(this.#problem, notice('bad', 'alert', h('p', { role: 'alert' }, t(error.status ? 'upload.refused' : 'upload.interrupted'))));
    else if (placeErrors(this.#parts, error)) return;
    else fill(this.#problem, failure(error));
    this.#problem.scrollIntoView({ block: 'center' });
  }
}
