/** A transfer as a text for DOKU's support: every identifier and time. In English, with DOKU's field names. */

/** The text of the ticket. */
export function ticketOf(transfer) {
  const { amount, reason } = transfer;
  const lines = [
    ['partnerReferenceNo', transfer.partnerReferenceNo],
    ['referenceNo (DOKU)', transfer.referenceNo ?? 'not known'],
    ['sessionId', transfer.sessionId],
    ['X-EXTERNAL-ID', externalIds(transfer).join(', ')],
    ['amount', `${amount.currency} ${amount.value}`],
    ['beneficiaryBankCode', transfer.beneficiaryBankCode],
    ['beneficiaryAccountNumber', transfer.beneficiaryAccountNumber],
    ['beneficiaryAccountName', transfer.beneficiaryAccountName],
    ['sent at', transfer.createdAt],
    ['our status', `${transfer.status}${transfer.final ? ', final' : ''}, at ${transfer.updatedAt}`],
    ['reason', reason ? `${reason.code} ${reason.message}`.trim() : null],
  ];
  const facts = lines.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`);
  return [`Kirim DOKU transfer ${transfer.partnerReferenceNo}`, '', ...facts, '', 'History:', ...transfer.history.map(entry), ''].join('\n');
}

/** The X-EXTERNAL-IDs of the requests that were sent for this transfer. */
export const externalIds = ({ history }) => [...new Set(history.map((each) => each.externalId).filter(Boolean))];

function entry({ at, source, finding, code, message, referenceNo, externalId }) {
  const details = [code, message, referenceNo, externalId && `X-EXTERNAL-ID ${externalId}`].filter(Boolean).join(' ');
  return `${at}  ${source} ${finding}${details ? `: ${details}` : ''}`;
}
