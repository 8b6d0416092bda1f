/**
 * What the API says of a batch, its file, a row or an event, in the language of the page. A text that is not listed here
 * is shown as the API wrote it, in English.
 */

import { h } from './dom.js';
import { rupiah } from './format.js';
import { known, t } from './i18n.js';

/** The API's texts. Names of groups are those of the gaps in ours. */
const TEXTS = [
  // of a column in a row
  [/^is missing$/, 'said.missing'],
  [/^must be digits only, such as 1500000/, 'said.digits'],
  [/^is (?:a )?rounded/, 'said.rounded'],
  [/^is stored as a number/, 'said.asText'],
  [/^must be whole rupiah|^must have a value of whole rupiah/, 'said.wholeRupiah'],
  [/^amount\.value must be at least (?<smallest>[\d.]+) and at most (?<largest>[\d.]+)$/, 'said.between'],
  [/^must be a phone number/, 'said.phone'],
  [/^must be 1 to 32 digits$/, 'said.account'],
  [/^must be a bank or e-wallet code/, 'said.bank'],
  [/^must be (?:1 to |at most )(?<most>\d+) printable ASCII characters$/, 'said.ascii'],
  [/^must be 1 to 64 letters, digits/, 'said.reference'],
  [/^another row of the batch has this reference$/, 'said.repeated'],
  [/^a transfer has this reference already/, 'said.referenceUsed'],
  [/^has (?<cells>\d+) cells, and the header has (?<columns>\d+)/, 'said.cells'],
  [/^has a cell in a column without a name$/, 'said.unnamed'],
  [/^DOKU gave no clear answer about this account/, 'said.noAnswer'],
  [/^the batch was cancelled before this row was sent$/, 'said.cancelled'],
  [/^(?<earlier>\S+), which this row pays again, did not fail(?: for good)?$/, 'said.notFailed'],
  // of a new batch
  [/^scheduledAt must be in the future/, 'said.schedule'],
  [/^fundsDeadline must be in the future/, 'said.deadline'],
  // of a file
  [/^nothing was uploaded/, 'said.noFile'],
  [/^the uploaded file has another SHA-256/, 'said.otherFile'],
  [/^the file has more than/, 'said.tooManyRows'],
  [/^the file has a header and no rows$/, 'said.noRows'],
  [/^the file is protected by a password/, 'said.protected'],
  [/^the file is not in UTF-8/, 'said.encoding'],
  [/^the file is not valid CSV after row (?<row>\d+)/, 'said.notCsv'],
  [/^the spreadsheet cannot be read/, 'said.notSheet'],
  [/^the first row must name the columns/, 'said.header'],
  [/^unknown column: (?<names>.+)\. Remove it/, 'said.unknownColumn'],
  [/^there are two columns for (?<names>.+): remove one$/, 'said.twoColumns'],
  [/^there is no column for (?<names>.+)$/, 'said.noColumn'],
  [/^expectedCount is (?<expected>\d+), but there are (?<count>\d+) transfers$/, 'said.otherCount'],
  [/^expectedTotal is (?<expected>[\d.]+), but the transfers that can be read add up to (?<total>[\d.]+)$/, 'said.otherTotal'],
  // of an event
  [/^(?<payable>\d+) rows may be paid, (?<blocked>\d+) need attention$/, 'said.checked'],
  [/^(?<count>\d+) rows were read$/, 'said.read'],
  [/^(?<count>\d+) rows were sent before$/, 'said.sent'],
  [/^rows? (?<rows>[\d, ]+)$/, 'said.rows'],
  [/^(?<count>\d+) rows from (?<first>\d+) to (?<last>\d+)$/, 'said.rowsBetween'],
  [/^although (?<earlier>\S+) has the same accounts and amounts$/, 'said.sameList'],
  [/^no row of (?<earlier>\S+) is left to be paid again$/, 'said.noneLeft'],
  [/^the balance does not cover (?<needed>[\d.]+) rupiah for the next (?<count>\d+) rows$/, 'said.short'],
  [/^DOKU refused row (?<row>\d+) for lack of funds$/, 'said.refusedFunds'],
  [/^DOKU refused row (?<row>\d+) for lack of funds, though the balance covers it$/, 'said.refusedFundsAgain'],
  [/^DOKU's answers were unclear for (?<count>\d+) rows; their status checks go on$/, 'said.unclearRows'],
  [/^the balance covers the next rows$/, 'said.covered'],
  [/^the deadline for funds has passed$/, 'said.deadlinePassed'],
  [/^it was to be paid more than (?<days>\d+) days ago;/, 'said.late'],
  [/^no row was sent$/, 'said.noneSent'],
  [/^the limit of (?<most>\d+) transfers a day for .* leaves no room for this batch;/, 'said.limitCount'],
  [/^the limit of (?<most>[\d.]+) rupiah a day for .* leaves no room for this batch;/, 'said.limitAmount'],
  [/^DOKU refused (?<count>\d+) rows in a row: (?<reason>.*)$/, 'said.refusedRows'],
];

/** The element of a text of the API. */
export function saidElement(text) {
  const own = translated(text);
  return h('span', { lang: own ? null : 'en' }, own ?? text);
}

/** A problem of a row: its column in words, and what is wrong. */
export function problemElement({ column, reason }) {
  if (!column) return saidElement(reason);
  return h('span', {}, `${known(`column.${column}`, column)}: `, saidElement(reason));
}

/** The text in the page's language, or null. */
export function translated(text) {
  for (const [form, key] of TEXTS) {
    const match = form.exec(text);
    if (match) return t(key, shown(match.groups ?? {}));
  }
  return null;
}

/** The parts of a text, with amounts as people read them. */
const shown = (groups) => Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, /^\d+\.\d\d$/.test(part) ? rupiah({ value: part }) : part]));
