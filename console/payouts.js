/**
 * A client of the transfer API for browsers, over HTTPS or on localhost, and Node 20 or newer. One file, no dependencies: copy it.
 *
 *     const payouts = new Payouts({ baseUrl: 'https://api.example.com', token: () => session.accessToken });
 *     const inquiry = await payouts.inquire({ ...account, amount });           // the bank's name and the fee
 *     const transfer = await payouts.transfer('withdrawal-4711', { ...account, amount, sessionId: inquiry.sessionId });
 *     for await (const seen of payouts.watch(transfer.partnerReferenceNo)) show(seen.status);
 *
 * A transfer is made under an *intent*: your name for one payment, such as the id of a withdrawal. The idempotency key is
 * the SHA-256 of that name (and of `scope`), and the API pays a key at most once. So a retry, a second click, a reload,
 * another tab or device, and an emptied storage all lead to one transfer:
 *
 * - The same body again, also with the `sessionId` of a new inquiry, answers with the transfer as it stands.
 * - Another body is refused once a transfer stands: 409 with `code` DUPLICATE_TRANSACTION. Nothing is sent.
 * - A transfer that failed stays failed. To pay again, use a new intent; read `nextAction` first.
 *
 * The request is stored before it is sent and forgotten once it was answered, so that `pending` and `resume` can finish
 * after a reload a request that was never answered. Two payments must never share a name, and one must never have two.
 */

/** An answer that is not a success, in the API's own words, or no answer at all (`code` is NETWORK_ERROR). */
export class PayoutsError extends Error {
  /** @param {string} message @param {Partial<PayoutsError>} details */
  constructor(message, details = {}) {
    super(message);
    this.name = 'PayoutsError';
    /** The API's `response_code`, such as VALIDATION_ERROR. */
    this.code = 'NETWORK_ERROR';
    /** HTTP status; 0 where there was no answer. */
    this.httpStatus = 0;
    /** What to name when asking the API's operator. @type {string|null} */
    this.requestId = null;
    /** Whether the very same request may be sent again. */
    this.retryable = false;
    /** False where the request may have been carried out all the same. */
    this.answered = false;
    /** True where API Gateway answered, which knows nothing of earlier requests. */
    this.byGateway = false;
    /**
     * Of `transfer` and `resume`: true if no request of this intent that this storage knows of has sent anything. Call
     * `transfer` again under the same intent; a new intent could pay twice.
     */
    this.nothingSent = false;
    /** The transfer that stands under the reference or key, with `partnerReferenceNo`, `status` and `nextAction`. @type {object|null} */
    this.transfer = null;
    /** True if an operator has stopped new transfers. */
    this.transfersStopped = false;
    /** Seconds after which to send again. @type {number|null} */
    this.retryAfter = null;
    /** DOKU's own code and message behind it, where DOKU said something. @type {string|null} */
    this.dokuResponseCode = null;
    /** @type {string|null} */
    this.dokuResponseMessage = null;
    Object.assign(this, details);
  }
}

const PREFIX = 'payouts.intent.';
const ATTEMPT_MS = 35_000; // API Gateway ends a request after 30 s
const SETTLED_MS = 120_000; // no request runs for longer, so a later refusal speaks for it, too
const RETRY = { attempts: 5, firstMs: 500, mostMs: 15_000 };
const POLL = { firstMs: 2_000, mostMs: 60_000, growth: 1.6 };

/**
 * @typedef {{value: string, currency: 'IDR'}} Amount  rupiah, with two decimals: "200000.00"
 * @typedef {{signal?: AbortSignal, attempts?: number}} CallOptions
 * @typedef {{baseUrl: string, scope: string, intent: string, key: string, body: object, since: number, unansweredAt: number|null}} Intent
 *   `since` and `unansweredAt` in milliseconds since the epoch; `unansweredAt` is when the latest request without an
 *   answer was sent.
 */

export class Payouts {
  /** @type {Map<string, {body: object, result: Promise<object>}>} */
  #running = new Map();

  /**
   * @param {object} options
   * @param {string} options.baseUrl  of the API; '' is the page's own origin
   * @param {() => (string|Promise<string>)} options.token  a bearer token that is good now
   * @param {string} [options.scope]  part of every key. Applications that share one API and whose intents may have the same
   *   names need different ones; pages and back ends that pay the same intents need the same one
   * @param {Storage} [options.storage]  where unanswered requests are kept: localStorage, so that a closed tab forgets none
   * @param {{attempts?: number, firstMs?: number, mostMs?: number}} [options.retry]
   */
  constructor({ baseUrl, token, scope = '', storage = globalThis.localStorage, retry = {} }) {
    if (!storage) throw new TypeError('Payouts needs a storage for its intents');
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.token = token;
    this.scope = scope;
    this.storage = storage;
    this.retry = { ...RETRY, ...retry };
  }

  /** What the bank says of an account: its holder's name, the fee, and a `sessionId` for one transfer. */
  inquire(body, options) {
    return this.#call('POST', '/v1/account-inquiries', { ...options, body });
  }

  /** The balance: `availableBalance`, `holdAmount`, `creditAlertLimit`, each an Amount or null; `acceptsTransfers`. */
  balance(options) {
    return this.#call('GET', '/v1/balance', options);
  }

  /** The day's readings of the balance, and what our transfers explain of its change: `proof`, null without readings. */
  balanceProof(options) {
    return this.#call('GET', '/v1/balance-proof', options);
  }

  /**
   * Make the transfer of an intent, at most once, however often this is called. Answers with the transfer as it stands.
   * Throws a PayoutsError. Whatever it says, call this again under the same intent, never under a new one; unless its
   * `nothingSent` is true, with the same body.
   * @param {string} intent  your own name for this one payment
   * @param {object} body  as in POST /v1/transfers
   * @param {CallOptions} [options]
   */
  async transfer(intent, body, options) {
    if (typeof intent !== 'string' || intent === '') throw new TypeError('an intent is a text that is not empty');
    return this.#once(intent, body, async () => this.#submit(await this.#prepared(intent, body), options));
  }

  /** Send the stored request of an intent again, after a reload. Null where nothing is stored. */
  async resume(intent, options) {
    const stored = this.#recall(intent);
    return stored ? this.#once(intent, stored.body, () => this.#submit(stored, options)) : Promise.resolve(null);
  }

  /** Intents of this API and scope that were sent, never answered, and are not being sent now: `resume` them. @returns {Intent[]} */
  pending() {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    return keys
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => JSON.parse(this.storage.getItem(key)))
      .filter(({ baseUrl, scope }) => baseUrl === this.baseUrl && scope === this.scope)
      .filter(({ intent, unansweredAt }) => unansweredAt !== null && !this.#running.has(intent));
  }

  /** A transfer with its history. With `refresh`, DOKU is asked first if it is open and was not just checked. */
  get(reference, { refresh = false, ...options } = {}) {
    return this.#call('GET', pathOf(reference), { ...options, query: refresh ? { refresh } : {} });
  }

  /** Have DOKU asked, unless it was in the last 10 seconds; the transfer after that. */
  check(reference, options) {
    return this.#call('POST', `${pathOf(reference)}/status-checks`, options);
  }

  /** The support desk's notes on a transfer: `notes`, each with `at`, `by` and `text`. */
  notes(reference, options) {
    return this.#call('GET', `${pathOf(reference)}/notes`, options);
  }

  /** Write a note, and answer with all. */
  addNote(reference, text, options) {
    return this.#call('POST', `${pathOf(reference)}/notes`, { ...options, body: { text } });
  }

  /** Record the outcome that DOKU has confirmed. `version` is that of the transfer that was read. */
  settle(reference, { verdict, reason, version }, options) {
    return this.#call('POST', `${pathOf(reference)}/settlement`, { ...options, body: { verdict, reason, version } });
  }

  /**
   * The transfer now and whenever it was looked at again, at growing intervals, which restart when it changes.
   * Ends once `until` says so (by default at its final status) or the signal is aborted. What can be tried again is,
   * for ever, and passed to `onTrouble`; any other error is thrown.
   * @param {string} reference
   * @param {{signal?: AbortSignal, until?: (transfer: object) => boolean, onTrouble?: (error: PayoutsError) => void,
   *   firstMs?: number, mostMs?: number}} [options]
   */
  async *watch(reference, { signal, until = (seen) => seen.final, onTrouble = () => {}, firstMs = POLL.firstMs, mostMs = POLL.mostMs } = {}) {
    let wait = firstMs;
    let last = null;
    while (!signal?.aborted) {
      try {
        const seen = await this.get(reference, { refresh: !last?.final, signal, attempts: 1 });
        wait = last && seen.updatedAt === last.updatedAt ? Math.min(wait * POLL.growth, mostMs) : firstMs;
        last = seen;
        yield seen;
        if (until(seen)) return;
      } catch (error) {
        if (signal?.aborted) return;
        if (!error.retryable) throw error;
        onTrouble(error);
        wait = Math.max(Math.min(wait * POLL.growth, mostMs), (error.retryAfter ?? 0) * 1000);
      }
      await pause(jittered(wait), signal).catch(() => {});
    }
  }

  /**
   * One page of transfers: `{transfers, cursor}`, with `day` for those of a day; `cursor` is null after the last.
   * @param {{day?: string, status?: string, open?: true, referenceNo?: string, beneficiaryAccountNumber?: string,
   *   limit?: number, cursor?: string}} [query]  at most one of `day` (in WIB, today by default), `open`, `referenceNo` and
   *   `beneficiaryAccountNumber`
   */
  page(query = {}, options) {
    return this.#call('GET', '/v1/transfers', { ...options, query });
  }

  /** All transfers of a list, page after page as they are wanted. */
  async *list(query = {}, options) {
    let cursor = null;
    do {
      const page = await this.page(cursor ? { ...query, cursor } : query, options);
      yield* page.transfers;
      cursor = page.cursor;
    } while (cursor);
  }

  /** Banks and e-wallets whose code or name holds every word of `query`. @returns {Promise<object[]>} */
  async banks(query = '', options) {
    return (await this.#call('GET', '/v1/banks', { ...options, query: { query } })).banks;
  }

  /** The meaning of a code of DOKU, in every system that has it, or in one. */
  explain(code, { system, ...options } = {}) {
    return this.#call('GET', `/v1/response-codes/${encodeURIComponent(code)}`, { ...options, query: { system } });
  }

  /** The codes that hold every word of `query`, in every system or in one. @returns {Promise<object[]>} */
  async codes(query, { system, ...options } = {}) {
    return (await this.#call('GET', '/v1/response-codes', { ...options, query: { query, system } })).codes;
  }

  /**
   * Create a batch. Its `batchReference` is its identity: the same body again answers with the batch as it stands.
   * @param {object} body  as in POST /v1/batches
   */
  createBatch(body, options) {
    return this.#call('POST', '/v1/batches', { ...options, body });
  }

  /**
   * One page of batches, newest first: `{batches, cursor}`.
   * @param {{month?: string, status?: string, limit?: number, cursor?: string}} [query]  `month` such as 2024-09, this one by default
   */
  batches(query = {}, options) {
    return this.#call('GET', '/v1/batches', { ...options, query });
  }

  /** A batch: its status, counts and sums, history, and the digest that an approval names. */
  batch(reference, options) {
    return this.#call('GET', this.#batchPath(reference), options);
  }

  /** One page of a batch's rows, in order: `{rows, cursor}`. @param {{outcome?: string, status?: string, limit?: number, cursor?: string}} [query] */
  batchRows(reference, query = {}, options) {
    return this.#call('GET', `${this.#batchPath(reference)}/rows`, { ...options, query });
  }

  /** Exclude rows, or confirm the bank's names or duplicates: `change` is `{excluded}`, `{nameConfirmed}` or `{duplicateConfirmed}`. */
  changeBatchRows(reference, rows, change, options) {
    return this.#call('PATCH', `${this.#batchPath(reference)}/rows`, { ...options, body: { rows, ...change } });
  }

  /** Take a step: checks, submission, withdrawal, approvals, pause, resume, cancellation or repayments. A step may be sent again. */
  stepBatch(reference, step, body, options) {
    return this.#call('POST', `${this.#batchPath(reference)}/${step}`, { ...options, body });
  }

  /** A link to the file that says what became of each row, `{url, expiresAt}`: open it at once. */
  batchResult(reference, options) {
    return this.#call('GET', `${this.#batchPath(reference)}/result`, options);
  }

  #batchPath(reference) {
    return `/v1/batches/${encodeURIComponent(reference)}`;
  }

  // --- intents

  /** Run `action`, or wait for the one that runs here already. In browsers, tabs take turns. */
  #once(intent, body, action) {
    const running = this.#running.get(intent);
    if (running) return sameOrder(running.body, body) ? running.result : Promise.reject(pendingError());
    const locks = globalThis.navigator?.locks;
    const started = locks ? locks.request(this.#place(intent), action) : Promise.resolve().then(action);
    const result = started.finally(() => this.#running.delete(intent));
    this.#running.set(intent, { body, result });
    return result;
  }

  /** The request to send: the stored one as long as it may have been carried out, else this one, stored now. */
  async #prepared(intent, body) {
    const key = await this.#key(intent);
    const stored = this.#recall(intent);
    if (!stored || stored.unansweredAt === null) return this.#storeFirst(intent, key, body);
    if (!sameOrder(stored.body, body)) throw pendingError();
    return stored;
  }

  #storeFirst(intent, key, body) {
    try {
      return this.#store({ baseUrl: this.baseUrl, scope: this.scope, intent, key, body, since: Date.now(), unansweredAt: null });
    } catch (cause) {
      throw new PayoutsError(`the request cannot be stored before it is sent: ${cause.message}`, { code: 'NO_STORAGE', nothingSent: true, cause });
    }
  }

  /** The idempotency key of an intent: the same in every tab, on every device and without any storage. */
  async #key(intent) {
    const subtle = globalThis.crypto?.subtle; // browsers have it in secure contexts only
    if (!subtle) throw new PayoutsError('the key needs Web Crypto: HTTPS or localhost in a browser, or Node 20', { code: 'NO_CRYPTO', nothingSent: true });
    const name = new TextEncoder().encode(JSON.stringify(['payouts.intent', this.scope, intent]));
    const digest = new Uint8Array(await subtle.digest('SHA-256', name));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Send the stored request until there is an answer, and forget it once that answer leaves no doubt. */
  async #submit(stored, options = {}) {
    let doubt = stored.unansweredAt;
    const headers = { 'Idempotency-Key': stored.key };
    const onAttempt = () => this.#store({ ...stored, unansweredAt: Date.now() });
    const onFailure = (error) => {
      if (error.answered) this.#store({ ...stored, unansweredAt: doubt });
      else doubt = Date.now();
    };
    try {
      const transfer = await this.#call('POST', '/v1/transfers', { ...options, body: stored.body, headers, onAttempt, onFailure });
      this.#forget(stored.intent);
      return transfer;
    } catch (error) {
      // After a request without an answer only a refusal that follows the look-up of the transfer settles the intent.
      // A retryable one may come before it (the table does not answer, say), and so may a 400 or 422 of another version.
      const looked = !error.byGateway && !error.retryable && (![400, 422].includes(error.httpStatus) || Boolean(error.dokuResponseCode));
      const settled = error.answered && (doubt === null ? !(error.transfer && error.retryable) : looked && Date.now() - doubt > SETTLED_MS);
      error.nothingSent = settled && !error.transfer && error.code !== 'DUPLICATE_TRANSACTION'; // a transfer exists
      if (settled) this.#forget(stored.intent);
      throw error;
    }
  }

  /** @returns {Intent|null} */
  #recall(intent) {
    const text = this.storage.getItem(this.#place(intent));
    return text === null ? null : JSON.parse(text);
  }

  #store(intent) {
    this.storage.setItem(this.#place(intent.intent), JSON.stringify(intent));
    return intent;
  }

  #forget(intent) {
    this.storage.removeItem(this.#place(intent));
  }

  /** Where an intent is stored. An unanswered request of one API must never be resumed at another. */
  #place(intent) {
    return PREFIX + JSON.stringify([this.baseUrl, this.scope, intent]);
  }

  // --- HTTP

  /** Send until there is an answer that is not `retryable`, or no attempts are left. */
  async #call(method, path, { query = {}, body, headers = {}, signal, attempts = this.retry.attempts, onAttempt = () => {}, onFailure = () => {} } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
    const url = this.baseUrl + path + (given.length ? `?${new URLSearchParams(given)}` : '');
    for (let attempt = 1; ; attempt += 1) {
      const authorization = `Bearer ${await this.token()}`;
      const content = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const request = { method, headers: { Authorization: authorization, ...content, ...headers }, body: body && JSON.stringify(body) };
      onAttempt();
      try {
        return await this.#exchange(url, request, signal);
      } catch (error) {
        onFailure(error);
        const wait = Math.max(this.#backoff(attempt), (error.retryAfter ?? 0) * 1000);
        if (!error.retryable || attempt >= attempts || wait > 2 * this.retry.mostMs || signal?.aborted) throw error;
        await pause(wait, signal).catch(() => {
          throw error;
        });
      }
    }
  }

  async #exchange(url, request, signal) {
    const limit = AbortSignal.timeout(ATTEMPT_MS);
    const stop = new AbortController();
    const end = () => stop.abort();
    for (const each of [limit, signal]) each?.addEventListener('abort', end);
    if (signal?.aborted) end();
    try {
      const response = await fetch(url, { ...request, signal: stop.signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' });
      const text = await response.text();
      if (!response.ok) throw refusal(response, text);
      return JSON.parse(text);
    } catch (error) {
      if (error instanceof PayoutsError) throw error;
      throw new PayoutsError('no answer from the API', { retryable: !signal?.aborted, cause: error });
    } finally {
      for (const each of [limit, signal]) each?.removeEventListener('abort', end);
    }
  }

  #backoff(attempt) {
    return jittered(Math.min(this.retry.firstMs * 2 ** (attempt - 1), this.retry.mostMs));
  }
}

const pathOf = (reference) => `/v1/transfers/${encodeURIComponent(reference)}`;

/** The error of an answer: the API's words, or API Gateway's (`{"message": ...}`), or only its status. */
function refusal(response, text) {
  const said = members(text);
  const worded = typeof said.response_code === 'string';
  const failed = response.status >= 500;
  const gateway = { 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 429: 'TOO_MANY_REQUESTS' };
  return new PayoutsError(said.response_message ?? said.message ?? `HTTP ${response.status}`, {
    code: said.response_code ?? gateway[response.status] ?? `HTTP_${response.status}`,
    httpStatus: response.status,
    requestId: said.request_id ?? response.headers.get('apigw-requestid'),
    // A gateway's 5xx is like no answer: the same request, under the same key, may be sent again.
    retryable: worded ? said.retryable === true : failed || response.status === 429,
    answered: !failed || (worded && said.retryable === true),
    byGateway: !worded,
    retryAfter: seconds(response.headers.get('retry-after')),
    dokuResponseCode: said.doku_response_code ?? null,
    dokuResponseMessage: said.doku_response_message ?? null,
    transfer: said.transfer ?? null,
    transfersStopped: said.transfersStopped === true,
  });
}

function members(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Seconds of a Retry-After header, which is a number or a date. */
function seconds(header) {
  if (!header) return null;
  const number = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(number) ? null : Math.max(0, number);
}

const pendingError = () =>
  new PayoutsError('another request of this intent may have been carried out; resume it first', { code: 'INTENT_PENDING' });

/** Whether two bodies ask for the same. A session is not part of it: every inquiry makes a new one. */
const sameOrder = (one, other) => orderOf(one) === orderOf(other);

function orderOf({ sessionId, ...body }) {
  const byName = ([one], [other]) => (one < other ? -1 : 1);
  const sorted = (_, value) => (value && value.constructor === Object ? Object.fromEntries(Object.entries(value).sort(byName)) : value);
  return JSON.stringify(body, sorted);
}

/** Between half and all of it, so that many clients do not come back at once. */
function jittered(milliseconds) {
  return milliseconds * (0.5 + Math.random() / 2);
}

/** Wait; rejects when the signal is aborted. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end, { once: true });
  });
}
