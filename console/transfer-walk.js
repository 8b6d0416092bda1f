/** Reading the transfers of a period page by page, newest first, or the open ones of all days. */

import { dayAfter } from './format.js';
import { payouts } from './session.js';

const PAGE = 100;
const MOST_READS = 20;

/** Transfers from one day (WIB) to another, today by default, or the `open` ones; of some statuses or of all. */
export class TransferWalk {
  #waiting = [];
  #cursor = null;

  constructor({ from, to, open = false, statuses, signal }) {
    this.open = open;
    this.day = to ?? from;
    this.from = from;
    this.statuses = statuses;
    this.signal = signal;
    this.done = false;
  }

  /** The next `count` transfers, or fewer if a call would need too many reads; none after the last. Check `done`. */
  async next(count) {
    for (let reads = 0; !this.#ended && this.#waiting.length < count && reads < MOST_READS; reads += 1) await this.#read(count);
    const found = this.#waiting.splice(0, count);
    this.done = this.#ended && !this.#waiting.length;
    return found;
  }

  #ended = false;

  async #read(count) {
    if (this.open) return this.#readOpen();
    const [status] = this.statuses.length === 1 ? this.statuses : [];
    const limit = this.statuses.length > 1 ? PAGE : Math.min(count, PAGE);
    const page = await payouts.page({ day: this.day, status, limit, cursor: this.#cursor }, { signal: this.signal });
    this.#keep(page.transfers);
    this.#cursor = page.cursor;
    this.day = page.day;
    this.from ??= page.day;
    if (page.cursor) return;
    this.#ended = page.day <= this.from;
    this.day = dayAfter(page.day, -1);
  }

  async #readOpen() {
    const page = await payouts.page({ open: true, limit: PAGE, cursor: this.#cursor }, { signal: this.signal });
    this.#keep(page.transfers);
    this.#cursor = page.cursor;
    this.#ended = !page.cursor;
  }

  #keep(transfers) {
    this.#waiting.push(...transfers.filter((each) => !this.statuses.length || this.statuses.includes(each.status)));
  }
}
