/** An address that no page has. */

import { fill, h } from '../dom.js';
import { t } from '../i18n.js';

export const title = 'notFound.title';

export function render(main) {
  fill(
    main,
    h('h1', { tabindex: -1 }, t(title)),
    h('p', { class: 'lead' }, t('notFound.lead')),
    h('p', { class: 'actions' }, h('a', { href: '#/overview' }, t('nav.overview')), h('a', { href: '#/transfers' }, t('nav.transfers'))),
  );
}
