/**
 * A client of the transfer API for browsers (and Node 18 or newer). One file, no dependencies: copy it.
 *
 *     const payouts = new Payouts({ baseUrl: 'https://api.example.com', token: () => session.accessToken });
 *     const inquiry = await payouts.inquire({ ...account, amount });           // the bank's name and the fee
 *     const transfer = await payouts.transfer('withdrawal-4711', { ...account, amount, sessionId: inquiry.sessionId });
 *     for await (const seen of payouts.watch(transfer.partnerReferenceNo)) show(seen.status);
 *
 * A transfer is made under an *intent*: your name for what the user wants done, such as the id of a withdrawal. The
 * request and its idempotency key are stored under it before anything is sent, and stay until the API has said that the
 * transfer stands or that nothing was sent. A retry, a second click and a reloaded page send the very same request, so
 * an intent pays once at most.
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
    /** Of `transfer` and `resume`: true where it is certain that the intent has not made a transfer. */
    this.nothingSent = false;
    /** Seconds that the API wants to be left alone for. @type {number|null} */
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
 * @typedef {{intent: string, key: string, body: object, since: number, unansweredAt: number|null}} Intent
 *   `since` and `unansweredAt` in milliseconds since the epoch; `unansweredAt` is when a request was last sent that
 *   nobody has answered.
 */

export class Payouts {
  /** @type {Map<string, Promise<object>>} */
  #running = new Map();

  /**
   * @param {object} options
   * @param {string} options.baseUrl  of the API; '' is the page's own origin
   * @param {() => (string|Promise<string>)} options.token  a bearer token that is good now
   * @param {Storage} [options.storage]  where intents are kept: localStorage, so that a closed tab forgets none
   * @param {{attempts?: number, firstMs?: number, mostMs?: number}} [options.retry]
   */
  constructor({ baseUrl, token, storage = globalThis.localStorage, retry = {} }) {
    if (!storage) throw new TypeError('Payouts needs a storage for its intents');
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.token = token;
    this.storage = storage;
    this.retry = { ...RETRY, ...retry };
  }

  /** What the bank says of an account: its holder's name, the fee, and a `sessionId` for one transfer. */
  inquire(body, options) {
    return this.#call('POST', '/v1/account-inquiries', { ...options, body });
  }

  /** The deposit: `availableBalance`, `holdAmount`, `creditAlertLimit`, each an Amount or null. */
  balance(options) {
    return this.#call('GET', '/v1/balance', options);
  }

  /**
   * Make the transfer of an intent, once, however often this is called. Answers with the transfer as it stands.
   * Throws a PayoutsError; unless its `nothingSent` is true, call this again with the same intent and body, or `resume`.
   * @param {string} intent  your own name for what is to be paid
   * @param {object} body  as in POST /v1/transfers
   * @param {CallOptions} [options]
   */
  transfer(intent, body, options) {
    return this.#once(intent, () => this.#submit(this.#remembered(intent, body), options));
  }

  /** Send the stored request of an intent again, after a reload. Null where nothing is stored. */
  resume(intent, options) {
    const stored = this.#recall(intent);
    return stored ? this.#once(intent, () => this.#submit(stored, options)) : Promise.resolve(null);
  }

  /** Intents that were sent, never answered, and are not being sent now: `resume` them. @returns {Intent[]} */
  pending() {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
    return keys
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => this.#recall(key.slice(PREFIX.length)))
      .filter((stored) => stored.unansweredAt !== null && !this.#running.has(stored.intent));
  }

  /** A transfer with its history. With `refresh`, DOKU is asked first if it is open and was not just checked. */
  get(reference, { refresh = false, ...options } = {}) {
    return this.#call('GET', `/v1/transfers/${encodeURIComponent(reference)}`, { ...options, query: refresh ? { refresh } : {} });
  }

  /** Have DOKU asked now; the transfer after that. */
  check(reference, options) {
    return this.#call('POST', `/v1/transfers/${encodeURIComponent(reference)}/status-checks`, options);
  }

  /**
   * The transfer now and whenever it was looked at again, at growing intervals, which begin anew when it changes.
   * Ends once `until` says so (by default at its final status) or the signal is aborted. What can be tried again is,
   * for ever, and told to `onTrouble`; any other error is thrown.
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
   * One page of a day's transfers, newest first: `{day, transfers, cursor}`; `cursor` is null after the last.
   * @param {{day?: string, status?: string, limit?: number, cursor?: string}} [query]  `day` in WIB, today by default
   */
  page(query = {}, options) {
    return this.#call('GET', '/v1/transfers', { ...options, query });
  }

  /** All transfers of a day, newest first, page after page as they are wanted. */
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

  /** What a code of DOKU means, in every system that has it, or in one. */
  explain(code, { system, ...options } = {}) {
    return this.#call('GET', `/v1/response-codes/${encodeURIComponent(code)}`, { ...options, query: { system } });
  }

  // --- intents

  /** Run `action`, unless it runs already, here or in another tab. */
  #once(intent, action) {
    let running = this.#running.get(intent);
    if (!running) {
      const locks = globalThis.navigator?.locks;
      running = (locks ? locks.request(PREFIX + intent, action) : Promise.resolve().then(action)).finally(() =>
        this.#running.delete(intent),
      );
      this.#running.set(intent, running);
    }
    return running;
  }

  #remembered(intent, body) {
    const stored = this.#recall(intent);
    if (!stored || stored.unansweredAt === null) return this.#store({ intent, key: randomKey(), body, since: Date.now(), unansweredAt: null });
    if (JSON.stringify(stored.body) === JSON.stringify(body)) return stored;
    throw new PayoutsError('an earlier request of this intent may have been carried out; resume it first', {
      code: 'INTENT_PENDING',
    });
  }

  /** Send what is stored until there is an answer, and forget it once that answer leaves no doubt. */
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
      error.nothingSent = error.answered && (doubt === null || Date.now() - doubt > SETTLED_MS);
      if (error.nothingSent) this.#forget(stored.intent);
      throw error;
    }
  }

  /** @returns {Intent|null} */
  #recall(intent) {
    const text = this.storage.getItem(PREFIX + intent);
    return text === null ? null : JSON.parse(text);
  }

  #store(intent) {
    this.storage.setItem(PREFIX + intent.intent, JSON.stringify(intent));
    return intent;
  }

  #forget(intent) {
    this.storage.removeItem(PREFIX + intent);
  }

  // --- HTTP

  /** Send until it is answered or may not be sent again; only what is `retryable` is. */
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
    retryAfter: seconds(response.headers.get('retry-after')),
    dokuResponseCode: said.doku_response_code ?? null,
    dokuResponseMessage: said.doku_response_message ?? null,
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

function randomKey() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
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
