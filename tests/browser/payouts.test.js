/** The client against the local stack (API_URL, SIMULATOR_URL, TOKEN), through a proxy that breaks what it is told to. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';

import { Payouts, PayoutsError } from '../../console/payouts.js';
import english from '../../console/strings/en.js';
import indonesian from '../../console/strings/id.js';
import { inWords } from '../../console/words.js';

const { API_URL, SIMULATOR_URL, TOKEN } = process.env;
const QUICK = { firstMs: 5, mostMs: 40 };

/** What a browser's localStorage does, in memory. */
class MemoryStorage {
  #items = new Map();
  get length() {
    return this.#items.size;
  }
  key(index) {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(key) {
    return this.#items.get(key) ?? null;
  }
  setItem(key, value) {
    this.#items.set(key, String(value));
  }
  removeItem(key) {
    this.#items.delete(key);
  }
}

/** Passes requests on, but for those that a trouble is waiting for: (request, response, pass) => void. */
const troubles = [];
const seen = [];
const proxy = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  seen.push({ method: request.method, url: request.url, key: request.headers['idempotency-key'] });
  const pass = () =>
    fetch(API_URL + request.url, {
      method: request.method,
      headers: { ...only(request.headers, ['authorization', 'content-type', 'idempotency-key']) },
      body: chunks.length ? Buffer.concat(chunks) : undefined,
    });
  const trouble = troubles.shift();
  if (trouble) return trouble(request, response, pass);
  const answer = await pass();
  response.writeHead(answer.status, { 'Content-Type': 'application/json' });
  return response.end(await answer.text());
});

const only = (headers, names) => Object.fromEntries(names.filter((name) => name in headers).map((name) => [name, headers[name]]));
const hangUp = (request, response) => response.destroy();
const loseTheAnswer = async (request, response, pass) => {
  await pass();
  response.destroy();
};
const answer = (status, body, headers = {}) => (request, response) => {
  response.writeHead(status, headers);
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
const say = (status, code, retryable, headers) =>
  answer(status, { status: 'FAILED', response_code: code, response_message: 'words', request_id: 'r-1', retryable }, headers);

let url;
let storage;
before(async () => {
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${proxy.address().port}`;
});
after(() => proxy.close());
beforeEach(() => {
  storage = new MemoryStorage();
  troubles.length = 0;
  seen.length = 0;
});

const client = (changes = {}) => new Payouts({ baseUrl: url, token: () => TOKEN, storage, retry: QUICK, ...changes });
let number = 0;
const order = (changes = {}) => ({
  partnerReferenceNo: `JS-${process.pid}-${(number += 1)}`,
  customerNumber: '628115678890',
  beneficiaryAccountNumber: '8377388292',
  beneficiaryBankCode: '014',
  beneficiaryAccountName: 'SUHUT',
  amount: { value: '200000.00', currency: 'IDR' },
  ...changes,
});
const books = async () => (await fetch(`${SIMULATOR_URL}/_simulator/ledger`)).json();
const debits = async (reference) => (await books()).debits.filter((debit) => debit.partnerReferenceNo === reference).length;
const refused = async (promise) => {
  const error = await promise.then(() => null, (reason) => reason);
  assert.ok(error instanceof PayoutsError, String(error));
  return error;
};

test('a transfer is made, watched to its end, and forgotten once it stands', async () => {
  const body = order();
  const transfer = await client().transfer('w-1', body);
  const statuses = [];
  for await (const each of client().watch(transfer.partnerReferenceNo, { firstMs: 5 })) statuses.push(each.status);

  assert.equal(statuses.at(-1), 'SUCCESS');
  assert.equal(storage.length, 0);
  assert.equal(await debits(body.partnerReferenceNo), 1);
});

test('a lost answer is retried with the same key, and pays once', async () => {
  troubles.push(loseTheAnswer, hangUp);
  const body = order();

  const transfer = await client().transfer('w-2', body);

  assert.equal(transfer.partnerReferenceNo, body.partnerReferenceNo);
  assert.equal(seen.length, 3);
  assert.equal(new Set(seen.map((each) => each.key)).size, 1);
  assert.equal(await debits(body.partnerReferenceNo), 1);
});

test('a reference may be left to the API, which derives it from the key', async () => {
  troubles.push(loseTheAnswer);
  const { partnerReferenceNo: _, ...body } = order();

  const transfer = await client().transfer('w-3', body);

  assert.match(transfer.partnerReferenceNo, /^IK/);
  assert.equal(await debits(transfer.partnerReferenceNo), 1);
});

test('a page that is reloaded finds the intent and its key again', async () => {
  const body = order();
  troubles.push(loseTheAnswer, hangUp);
  const error = await refused(client({ retry: { ...QUICK, attempts: 2 } }).transfer('w-4', body));
  assert.deepEqual([error.code, error.retryable, error.nothingSent], ['NETWORK_ERROR', true, false]);

  const afterwards = client();
  const [pending] = afterwards.pending();
  assert.deepEqual([pending.intent, pending.body], ['w-4', body]);
  const transfer = await afterwards.resume('w-4');

  assert.equal(transfer.partnerReferenceNo, body.partnerReferenceNo);
  assert.equal(new Set(seen.map((each) => each.key)).size, 1);
  assert.equal(await debits(body.partnerReferenceNo), 1);
  assert.deepEqual(afterwards.pending(), []);
  assert.equal(await afterwards.resume('w-4'), null);
});

test('an intent in doubt takes no other body', async () => {
  troubles.push(hangUp);
  const body = order();
  await refused(client({ retry: { attempts: 1 } }).transfer('w-5', body));

  const error = await refused(client().transfer('w-5', { ...body, amount: { value: '300000.00', currency: 'IDR' } }));

  assert.deepEqual([error.code, error.nothingSent], ['INTENT_PENDING', false]);
  assert.equal(seen.length, 1);
});

test('a refusal after an unanswered request proves nothing yet, and is kept', async () => {
  troubles.push(hangUp, say(409, 'VALIDATION_ERROR', false));

  const error = await refused(client().transfer('w-6', order()));

  assert.deepEqual([error.code, error.nothingSent], ['VALIDATION_ERROR', false]);
  assert.equal(client().pending().length, 1);
});

test('a refusal of the only request is certain, worded as the API words it, and not retried', async () => {
  const error = await refused(client().transfer('w-7', order({ beneficiaryAccountName: 'SOMEBODY ELSE' })));

  assert.deepEqual([error.code, error.httpStatus, error.retryable, error.nothingSent], ['VALIDATION_ERROR', 409, false, true]);
  assert.match(error.message, /the bank has this account under the name "SUHUT"/);
  assert.ok(error.requestId);
  assert.equal(seen.length, 1);
  assert.equal(storage.length, 0);
});

test('what DOKU said is told', async () => {
  await fetch(`${SIMULATOR_URL}/_simulator/accounts`, { method: 'POST', body: JSON.stringify({ bankCode: '014', accountNumber: '404', exists: false }) });

  const error = await refused(client().inquire({ ...order(), partnerReferenceNo: undefined, beneficiaryAccountNumber: '404' }));

  assert.equal(error.dokuResponseCode, '4044211');
  assert.ok(error.dokuResponseMessage);
});

test('only what is retryable is retried', async () => {
  troubles.push(say(500, 'SERVER_ERROR', false));
  const unforeseen = await refused(client().transfer('w-8', order()));
  assert.deepEqual([unforeseen.code, unforeseen.nothingSent, seen.length], ['SERVER_ERROR', false, 1]);

  troubles.push(say(503, 'MAINTENANCE_MODE', true), answer(502, '<html>'), answer(429, { message: 'Too Many Requests' }));
  await client().balance();
  assert.equal(seen.length, 5);
});

test('a success that can not be read is no answer', async () => {
  troubles.push(async (request, response, pass) => {
    await pass();
    answer(201, '{"partnerRef')(request, response);
  });
  const body = order();

  await client().transfer('w-9', body);

  assert.equal(new Set(seen.map((each) => each.key)).size, 1);
  assert.equal(await debits(body.partnerReferenceNo), 1);
});

test('Retry-After is waited for, and given up on where it is too long', async () => {
  troubles.push(say(429, 'TOO_MANY_REQUESTS', true, { 'Retry-After': '3600' }));

  const error = await refused(client().balance());

  assert.deepEqual([error.retryAfter, seen.length], [3600, 1]);
});

test('two clicks are one request', async () => {
  const body = order();
  const payouts = client();

  const [one, other] = await Promise.all([payouts.transfer('w-10', body), payouts.transfer('w-10', body)]);

  assert.equal(one, other);
  assert.equal(seen.length, 1);
});

test('without a place to keep the key nothing is sent', async () => {
  storage.setItem = () => {
    throw new Error('quota');
  };
  await assert.rejects(client().transfer('w-11', order()), /quota/);
  assert.equal(seen.length, 0);
  assert.throws(() => client({ storage: null }), TypeError);
});

test('watching outlives an API that is down, and ends with its signal', async () => {
  const { partnerReferenceNo } = await client().transfer('w-12', order());
  troubles.push(answer(503, { message: 'Service Unavailable' }), hangUp);
  const heard = [];
  const stop = new AbortController();

  for await (const transfer of client().watch(partnerReferenceNo, { signal: stop.signal, firstMs: 5, until: () => false, onTrouble: (error) => heard.push(error.httpStatus) })) {
    if (transfer.final) stop.abort();
  }

  assert.deepEqual(heard, [503, 0]);
  await assert.rejects(client().watch('NO-SUCH').next(), { code: 'TRANSACTION_NOT_FOUND' });
});

test('an aborted request is not tried again, and its intent stays', async () => {
  const stop = new AbortController();
  troubles.push(() => stop.abort());

  const error = await refused(client().transfer('w-13', order(), { signal: stop.signal }));

  assert.deepEqual([error.code, error.nothingSent, seen.length], ['NETWORK_ERROR', false, 1]);
  assert.equal(client().pending().length, 1);
});

test('a day is listed over its pages', async () => {
  const payouts = client();
  for (const intent of ['l-1', 'l-2', 'l-3']) await payouts.transfer(intent, order());
  seen.length = 0;
  const listed = [];
  for await (const transfer of payouts.list({ limit: 2 })) listed.push(transfer.partnerReferenceNo);

  assert.ok(listed.length >= 3);
  assert.equal(new Set(listed).size, listed.length);
  assert.ok(seen.filter((each) => each.url.includes('cursor=')).length >= 1);
});

test('codes, banks, the balance and a check are asked for', async () => {
  const payouts = client();
  const { partnerReferenceNo } = await payouts.transfer('w-14', order());

  assert.equal((await payouts.explain('4034314', { system: 'snap' })).known, true);
  assert.ok((await payouts.banks('central asia')).some((bank) => bank.code === '014'));
  assert.match((await payouts.balance()).availableBalance.value, /^\d+\.\d\d$/);
  assert.equal((await payouts.check(partnerReferenceNo)).status, 'SUCCESS');
});

test('a token that is refused is told as such', async () => {
  const error = await refused(client({ token: () => 'nonsense' }).transfer('w-15', order()));

  assert.deepEqual([error.code, error.httpStatus, error.nothingSent], ['UNAUTHORIZED', 401, true]);
});

test('both languages have the same texts with the same gaps', () => {
  assert.deepEqual(Object.keys(indonesian).sort(), Object.keys(english).sort());
  const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(english)) assert.deepEqual(gaps(indonesian[key]), gaps(english[key]), key);
});

test('amounts are spelled in words', () => {
  const spelled = (digits) => [inWords(digits, 'en'), inWords(digits, 'id')];
  assert.deepEqual(spelled('0'), ['zero rupiah', 'nol rupiah']);
  assert.deepEqual(spelled('1000'), ['one thousand rupiah', 'seribu rupiah']);
  assert.deepEqual(spelled('200000'), ['two hundred thousand rupiah', 'dua ratus ribu rupiah']);
  assert.deepEqual(spelled('1111111'), [
    'one million one hundred eleven thousand one hundred eleven rupiah',
    'satu juta seratus sebelas ribu seratus sebelas rupiah',
  ]);
  assert.deepEqual(spelled('21015000000'), ['twenty-one billion fifteen million rupiah', 'dua puluh satu miliar lima belas juta rupiah']);
});
