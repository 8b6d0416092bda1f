/** The filters of a batch's rows. */

import { known, t } from '../i18n.js';
import { KINDS } from '../statuses.js';

/** Statuses in which rows may be changed. */
export const EDITABLE = ['NEEDS_ATTENTION', 'READY'];
const ATTENTION = ['NAME_DIFFERS', 'POSSIBLE_DUPLICATE', 'COULD_NOT_CHECK', 'DUPLICATE', 'INVALID'];
const ORDER = [...ATTENTION, 'OK', 'EXCLUDED', 'PENDING'];

/** Whether a person must say that a row is to be paid beside another one of the same account and amount. */
export const isUnconfirmed = ({ outcome, possibleDuplicate, duplicateConfirmed }) => possibleDuplicate && !duplicateConfirmed && outcome !== 'EXCLUDED';

/** `[filter, text, count]` of the outcomes that there are; once rows are sent, of their statuses. */
export function filters({ releasedAt, outcomes, statuses, notPaid }) {
  if (!releasedAt) return ORDER.filter((outcome) => outcomes[outcome]?.count).map((outcome) => [outcome, known(`batch.outcome.${outcome}`, outcome), outcomes[outcome].count]);
  const found = KINDS.flat().filter((status) => statuses[status]?.count).map((status) => [status, t(`status.${status}`), statuses[status].count]);
  return notPaid.count ? [...found, ['NOT_PAID', t('batch.outcome.NOT_PAID'), notPaid.count]] : found;
}

/** The filter to show first: rows that need a decision, once all are checked. */
export const urgent = ({ status, outcomes }) => (EDITABLE.includes(status) && ATTENTION.find((outcome) => outcomes[outcome]?.count)) || '';
