/** Messages behind a status: DOKU's own are quoted, those of the API are in the page's language. */

import { h } from './dom.js';
import { known, t } from './i18n.js';

/** A message without the name of an exception, such as "no answer from DOKU (ReadTimeout)". */
export function messageText(message) {
  const text = message.replace(/ \([A-Za-z]*(?:Error|Timeout|Exception|Refused)[^)]*\)/, '');
  if (/^unexpected \w+$/.test(text)) return t('message.unexpected');
  if (/^HTTP \d+ without a readable body$/.test(text)) return t('message.unreadable');
  return known(`message.${text}`, text);
}

/** The element of a message. English unless the page has its own text. */
export function messageElement(message) {
  const text = messageText(message);
  return h('span', { lang: text === message ? 'en' : null }, text);
}
