/** Messages behind a status: DOKU's own are quoted in English, known ones of the API are in the page's language. */

import { h } from './dom.js';
import { known, t } from './i18n.js';

/** The element of a message, without the name of an exception, such as "no answer from DOKU (ReadTimeout)". */
export function messageElement(message) {
  const plain = message.replace(/ \([A-Za-z]*(?:Error|Timeout|Exception|Refused)[^)]*\)/, '');
  const text = ownText(plain);
  return h('span', { lang: text ? null : 'en' }, text ?? plain);
}

/** The page's text for a message of the API; null for any other message. */
function ownText(message) {
  if (/^unexpected \w+$/.test(message)) return t('message.unexpected');
  if (/^HTTP \d+ without a readable body$/.test(message)) return t('message.unreadable');
  return known(`message.${message}`, null);
}
