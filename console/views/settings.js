/** The API's address, and the token that this page calls it with. */

import { announce, fill, h } from '../dom.js';
import { t } from '../i18n.js';
import { moment } from '../format.js';
import { apiUrl, claims, config, setApiUrl, setToken, token } from '../session.js';
import { signIn } from '../oidc.js';
import { facts, field, notice } from '../widgets.js';

const PERMISSIONS = {
  'transfers:read': 'settings.mayRead',
  'transfers:read:own': 'settings.mayReadOwn',
  'transfers:write': 'settings.mayWrite',
  'transfers:note': 'settings.mayNote',
  'transfers:settle': 'settings.maySettle',
  'batches:read': 'settings.mayReadBatches',
  'batches:write': 'settings.mayBatch',
  'batches:approve': 'settings.mayApprove',
};

export const title = 'settings.title';

export function render(main) {
  const access = h('section', { class: 'card' });
  fill(main, h('h1', { tabindex: -1 }, t(title)), access, !config.local && connection(() => showAccess(access)));
  showAccess(access);
}

function showAccess(section) {
  const said = claims();
  const may = Object.entries(PERMISSIONS).map(([scope, key]) => said.scopes.includes(scope) && t(key));
  const problem = h('div', {});
  const failed = (error) => fill(problem, notice('bad', 'alert', h('p', {}, t('settings.signInFailed', { reason: error.message }))));
  const sign = () => signIn(config.oidc).catch(failed);
  const out = () => {
    setToken('');
    announce(t('settings.signedOut'));
    showAccess(section);
  };
  fill(
    section,
    h('h2', {}, t('settings.access')),
    token()
      ? facts(
          [t('settings.who'), said.sub ?? '–'],
          [t('settings.expires'), said.exp ? moment(said.exp * 1000) : '–'],
          [t('settings.may'), may.filter(Boolean).join(', ') || '–'],
        )
      : h('p', {}, t('settings.nobody')),
    config.local && h('p', { class: 'fine' }, t('settings.localToken')),
    problem,
    !config.local &&
      h(
        'div',
        { class: 'buttons' },
        config.oidc && h('button', { type: 'button', class: 'primary', id: 'sign-in', on: { click: sign } }, t('settings.signIn')),
        token() && h('button', { type: 'button', class: 'secondary', on: { click: out } }, t('settings.signOut')),
      ),
  );
}

function connection(onSaved) {
  const url = field('api-url', t('settings.api'), h('input', { type: 'url', value: apiUrl(), autocomplete: 'off', spellcheck: 'false' }), { hint: t('settings.apiHint'), optional: true });
  const secret = field('token', t('settings.token'), h('input', { type: 'password', autocomplete: 'off', spellcheck: 'false' }), { hint: t('settings.tokenHint') });
  function save(event) {
    event.preventDefault();
    const address = url.input.value.trim();
    const good = address === '' || (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol));
    url.fail(good ? null : t('settings.badUrl'));
    if (!good) return url.input.focus();
    setApiUrl(address === config.apiUrl ? null : address);
    if (secret.input.value) setToken(secret.input.value.trim().replace(/^Bearer /i, ''));
    secret.input.value = '';
    announce(t('settings.saved'));
    return onSaved();
  }
  return h('form', { class: 'card form', novalidate: true, on: { submit: save } }, url.element, secret.element, h('div', { class: 'buttons end' }, h('button', { class: 'primary' }, t('settings.save'))));
}
