/** Parts of a batch's row: its names, its status, and what is wrong with it. */

import { h } from '../dom.js';
import { known, t } from '../i18n.js';
import { problemElement, saidElement } from '../api-texts.js';
import { badge, batchLink, referenceLink } from '../widgets.js';
import { outcomeBadge } from './batch-status.js';

/** Statuses with a reason that a reader needs; a paid row has one, too. */
const EXPLAINED = ['NOT_PAID', 'FAILED', 'DISPUTED', 'IN_DOUBT'];

/** What became of a row, or what the check says of it. */
export function state({ status, outcome, payable, partnerReferenceNo }) {
  if (!status && payable) return outcomeBadge(outcome === 'OK' ? outcome : 'CONFIRMED');
  if (!status || status === 'NOT_PAID') return outcomeBadge(status ?? outcome);
  return [badge(status), ' ', h('span', { class: 'sub' }, referenceLink(partnerReferenceNo))];
}

/** The given name, and the bank's below it where it is another one. */
export function names({ beneficiaryAccountName, bankAccountName, nameMatch, nameConfirmed }) {
  const given = h('span', { class: 'given' }, beneficiaryAccountName || '–');
  if (!bankAccountName || nameMatch === 'EXACT') return given;
  const said = [known(`batch.match.${nameMatch}`, nameMatch), nameConfirmed && t('batch.confirmed')].filter(Boolean).join(' · ');
  return [given, h('span', { class: 'at-bank' }, h('span', { class: 'sub' }, `${t('batch.atBank')} `), bankAccountName), h('span', { class: 'sub' }, said)];
}

/** The batch that pays a row again. */
export function repaid({ repaidBy }) {
  return repaidBy && h('span', { class: 'sub' }, t('batch.repaidBy'), ' ', batchLink(repaidBy));
}

/** What is wrong with a row. */
export function reasons({ problems = [], reason, status }) {
  const found = problems.map(problemElement);
  if (reason && EXPLAINED.includes(status)) found.push(saidElement(reason.message));
  return found.map((each) => h('span', { class: 'sub' }, each));
}
