/** The statuses of a transfer, by how the page names them, in the order in which it lists them. */

export const KINDS = [['SUCCESS'], ['ACCEPTED'], ['UNPAID'], ['IN_DOUBT', 'SUBMITTING'], ['DISPUTED'], ['FAILED'], ['REFUNDED']];
