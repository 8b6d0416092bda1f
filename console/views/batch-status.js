/** The statuses of batches and outcomes of rows: colour, icon and words. */

import { h, icon } from '../dom.js';
import { known } from '../i18n.js';

const TONES = {
  RECEIVING: ['open', 'clock'],
  CHECKING: ['open', 'clock'],
  NEEDS_ATTENTION: ['unknown', 'alert'],
  READY: ['open', 'check'],
  PENDING_APPROVAL: ['unknown', 'question'],
  SCHEDULED: ['open', 'clock'],
  PAYING: ['open', 'send'],
  PAUSED: ['unknown', 'pause'],
  WAITING_FOR_FUNDS: ['unknown', 'wallet'],
  WAITING_FOR_LIMIT: ['unknown', 'clock'],
  SETTLING: ['open', 'clock'],
  CANCELLING: ['unknown', 'clock'],
  DONE: ['good', 'check'],
  DONE_WITH_FAILURES: ['bad', 'alert'],
  CANCELLED: ['bad', 'cross'],
  REJECTED: ['bad', 'cross'],
  EXPIRED: ['bad', 'clock'],
};
const OUTCOMES = {
  PENDING: ['open', 'clock'],
  OK: ['good', 'check'],
  CONFIRMED: ['good', 'check'],
  NAME_DIFFERS: ['unknown', 'alert'],
  POSSIBLE_DUPLICATE: ['unknown', 'alert'],
  INVALID: ['bad', 'cross'],
  DUPLICATE: ['bad', 'alert'],
  COULD_NOT_CHECK: ['unknown', 'question'],
  EXCLUDED: ['back', 'cross'],
  NOT_PAID: ['bad', 'cross'],
};

/** Colour and icon of a batch's status. */
export const batchTone = (status) => TONES[status] ?? ['unknown', 'question'];

export const batchBadge = (status) => marked(batchTone(status), known(`batch.status.${status}`, status));

export const outcomeBadge = (outcome) => marked(OUTCOMES[outcome] ?? ['unknown', 'question'], known(`batch.outcome.${outcome}`, outcome));

const marked = ([colour, picture], text) => h('span', { class: `badge ${colour}` }, icon(picture), text);
