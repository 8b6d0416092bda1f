/** The language of the page, and its texts. */

import english from './strings/en.js';
import indonesian from './strings/id.js';

const TABLES = { en: english, id: indonesian };
const LOCALES = { en: 'en-GB', id: 'id-ID' };
const KEY = 'console.language';

/** The languages that there are, by their own names. */
export const LANGUAGES = { id: 'Indonesia', en: 'English' };

let language = chosen();

export const currentLanguage = () => language;
export const locale = () => LOCALES[language];

export function setLanguage(name) {
  language = name;
  localStorage.setItem(KEY, name);
  document.documentElement.lang = name;
}

/** The text of `key`, with `{name}` replaced by `values.name`. */
export function t(key, values = {}) {
  const text = TABLES[language][key];
  if (text === undefined) throw new RangeError(`no text for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The text of `key`, or `otherwise` if there is none: for values of a newer API. */
export const known = (key, otherwise) => (key in TABLES[language] ? t(key) : otherwise);

function chosen() {
  const kept = localStorage.getItem(KEY);
  if (kept in TABLES) return kept;
  return navigator.languages.map((each) => each.slice(0, 2)).find((each) => each in TABLES) ?? 'en';
}
