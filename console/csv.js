/** Transfers, and the rows of batches, as a CSV file that a spreadsheet opens without running or rounding a cell. */

const COLUMNS = {
  partnerReferenceNo: (each) => each.partnerReferenceNo,
  referenceNo: (each) => each.referenceNo,
  status: (each) => each.status,
  amount: (each) => each.amount.value,
  fee: (each) => each.fee?.value,
  beneficiaryBankCode: (each) => text(each.beneficiaryBankCode),
  beneficiaryAccountNumber: (each) => text(each.beneficiaryAccountNumber),
  beneficiaryAccountName: (each) => each.beneficiaryAccountName,
  remark: (each) => each.remark,
  reasonCode: (each) => each.reason?.code,
  reason: (each) => each.reason?.message,
  createdAt: (each) => each.createdAt,
  createdBy: (each) => each.createdBy,
  updatedAt: (each) => each.updatedAt,
};

const ROW_COLUMNS = {
  row: (each) => String(each.row),
  partnerReferenceNo: (each) => each.partnerReferenceNo,
  outcome: (each) => each.outcome,
  status: (each) => each.status,
  amount: (each) => each.amount?.value,
  fee: (each) => each.fee?.value,
  beneficiaryBankCode: (each) => each.beneficiaryBankCode && text(each.beneficiaryBankCode),
  beneficiaryAccountNumber: (each) => each.beneficiaryAccountNumber && text(each.beneficiaryAccountNumber),
  beneficiaryAccountName: (each) => each.beneficiaryAccountName,
  bankAccountName: (each) => each.bankAccountName,
  nameMatch: (each) => each.nameMatch,
  nameConfirmed: (each) => (each.nameConfirmed ? 'yes' : ''),
  reasonCode: (each) => each.reason?.code,
  reason: (each) => each.reason?.message,
  problems: (each) => each.problems.map(({ column, reason }) => `${column} ${reason}`.trim()).join('; '),
};

/** Transfers as the content of a file, with a byte order mark for Excel. */
export const csvOf = (transfers) => contentOf(COLUMNS, transfers);

/** The rows of a batch as the content of a file. */
export const csvOfRows = (rows) => contentOf(ROW_COLUMNS, rows);

function contentOf(columns, items) {
  const lines = items.map((each) => Object.values(columns).map((cell) => quoted(cell(each) ?? '')));
  return `\uFEFF${[Object.keys(columns), ...lines].map((cells) => cells.join(',')).join('\r\n')}\r\n`;
}

/** Save a text as a file of the browser's downloads. */
export function download(name, content) {
  const url = URL.createObjectURL(new Blob([content], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Digits that a spreadsheet would change: it drops leading zeros and keeps 15 digits only. */
const text = (digits) => (/^0|^\d{16,}$/.test(digits) ? `'${digits}` : digits);

/** A cell. Text that a spreadsheet would run as a formula gets an apostrophe in front. */
function quoted(cell) {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
