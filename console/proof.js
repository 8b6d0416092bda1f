/** Whether a transfer's page may be handed out as a proof of payment. */

/** True only if DOKU itself reported the transfer as paid, and no answer or notification contradicts that. */
export const isProof = ({ status, final, reason }) => status === 'SUCCESS' && final && reason?.code !== 'SETTLED';

/** When DOKU first reported the transfer as paid. */
export const paidAt = ({ history }) => history.find((each) => each.finding === 'SUCCESS')?.at;
