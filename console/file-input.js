/** An input for one file: by a click, by the keyboard, or dropped anywhere on the page. */

import { fill, h, icon } from './dom.js';
import { t } from './i18n.js';
import { fileSize } from './format.js';

/** `element`, and `file()`, the chosen file or null. Files are taken from the page until the signal is aborted. */
export function fileInput(signal, accept) {
  const input = h('input', { type: 'file', accept, required: true, on: { change: show } });
  const text = h('span', { class: 'drop-text' });
  const element = h('div', { class: 'drop' }, icon('sheet'), text, input);
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  const mark = (isOver) => element.classList.toggle('over', isOver);
  window.addEventListener('dragover', (event) => hasFiles(event) && (event.preventDefault(), mark(true)), { signal });
  window.addEventListener('dragleave', (event) => event.relatedTarget === null && mark(false), { signal });
  window.addEventListener('drop', take, { signal });
  show();

  /** Without this, the browser would leave the page and open the file. */
  function take(event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(false);
    if (input.disabled) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    show();
  }

  function show() {
    const [file] = input.files;
    fill(text, file ? [h('span', { class: 'strong' }, file.name), ' ', h('span', { class: 'sub' }, fileSize(file.size))] : t(matchMedia('(pointer: coarse)').matches ? 'upload.choose' : 'upload.drop'));
  }

  return { element, file: () => input.files[0] ?? null };
}
