/** Whether a transfer's page may be handed out as a proof of payment. */

/** True only if DOKU itself reported the transfer as paid, nothing contradicts that, and its recipient was not erased. */
export const isProof = ({ status, final, reason, beneficiaryAccountNumber }) => status === 'SUCCESS' && final && reason?.code !== 'SETTLED' && beneficiaryAccountNumber !== '';

/** When DOKU first reported the transfer as paid. */
export const paidAt = ({ history }) => history.find((each) => each.finding === 'SUCCESS')?.at;
