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
const passOn = async (request, response, pass) => response.end(await (await pass()).text());
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

/** A body without a reference, so that the API derives it from the key. */
const unnamed = (changes = {}) => {
  const { partnerReferenceNo: _, ...body } = order(changes);
  return body;
};
const paid = async () => (await books()).debits.length;
const once = async (pay, executions = 1) => {
  const before = await paid();
  const results = await pay();
  assert.equal((await paid()) - before, executions);
  return results;
};

test('an intent that has paid does not pay again', async () => {
  const body = unnamed();

  const [first, second] = await once(async () => [await client().transfer('p-1', body), await client().transfer('p-1', { ...body })]);

  assert.equal(second.partnerReferenceNo, first.partnerReferenceNo);
  assert.equal(seen[0].key, seen[1].key);
});

test('the documented inquiry and transfer, run twice, pay once', async () => {
  const account = unnamed();
  const run = async () => {
    const inquiry = await client().inquire(account);
    return client().transfer('p-2', { ...account, sessionId: inquiry.sessionId });
  };

  const [first, second] = await once(async () => [await run(), await run()]);

  assert.equal(second.partnerReferenceNo, first.partnerReferenceNo);
  assert.notEqual(second.partnerReferenceNo, undefined);
});

test('another device, or a storage that was emptied, has the same key', async () => {
  const body = unnamed();
  troubles.push(loseTheAnswer);

  const [error, transfer] = await once(async () => {
    const lost = await refused(client({ retry: { attempts: 1 } }).transfer('p-3', body));
    return [lost, await client({ storage: new MemoryStorage() }).transfer('p-3', body)];
  });

  assert.equal(error.nothingSent, false);
  assert.equal(new Set(seen.map((each) => each.key)).size, 1);
  assert.match(transfer.partnerReferenceNo, /^IK/);
});

test('two tabs at once pay once', async () => {
  const body = unnamed();
  const tabs = [1, 2, 3].map(() => client({ storage: new MemoryStorage() }));

  const transfers = await once(() => Promise.all(tabs.map((tab) => tab.transfer('p-4', body))));

  assert.equal(new Set(transfers.map((each) => each.partnerReferenceNo)).size, 1);
});

test('an intent that has paid refuses another body, and sends nothing', async () => {
  const body = unnamed();
  const error = await once(async () => {
    await client().transfer('p-5', body);
    return refused(client().transfer('p-5', { ...body, amount: { value: '300000.00', currency: 'IDR' } }));
  });

  assert.deepEqual([error.code, error.httpStatus, error.retryable, error.nothingSent], ['DUPLICATE_TRANSACTION', 409, false, false]);
  assert.equal(storage.length, 0);
});

test('a refusal names the transfer that stands', async () => {
  const transfer = { partnerReferenceNo: 'PAY-1', status: 'IN_DOUBT', nextAction: 'ASK_DOKU' };
  const body = { status: 'FAILED', response_code: 'DUPLICATE_TRANSACTION', response_message: 'words', request_id: 'r-1', retryable: false, transfer };
  troubles.push(answer(409, body));

  const error = await refused(client().transfer('p-13', order()));

  assert.deepEqual([error.transfer, error.nothingSent], [transfer, false]);
  assert.equal((await refused(client().get('NO-SUCH'))).transfer, null);
});

test('an intent keeps to its reference', async () => {
  const error = await once(async () => {
    await client().transfer('p-6', order());
    return refused(client().transfer('p-6', order()));
  });

  assert.deepEqual([error.code, error.nothingSent], ['DUPLICATE_TRANSACTION', false]);
});

test('other intents and other scopes are other payments', async () => {
  const body = unnamed();
  const payments = [
    () => client().transfer('p-7', body),
    () => client().transfer('p-8', body),
    () => client({ scope: 'other' }).transfer('p-7', body),
    () => client({ scope: 'other' }).transfer('p-7', body),
  ];

  const transfers = await once(async () => {
    const made = [];
    for (const pay of payments) made.push(await pay());
    return made;
  }, 3);

  assert.equal(new Set(transfers.map((each) => each.partnerReferenceNo)).size, 3);
});

test('an intent has a name', async () => {
  for (const name of ['', undefined, null, 4711]) await assert.rejects(client().transfer(name, order()), TypeError);
  assert.equal(seen.length, 0);
});

test('a second click with another body is refused', async () => {
  const body = order();
  const payouts = client();

  const first = payouts.transfer('p-9', body);
  const error = await refused(payouts.transfer('p-9', { ...body, amount: { value: '300000.00', currency: 'IDR' } }));

  assert.deepEqual([error.code, error.nothingSent], ['INTENT_PENDING', false]);
  await first;
  assert.equal(seen.length, 1);
});

test('an unanswered intent may be inquired about and sent again', async () => {
  const account = unnamed();
  const run = async (options) => {
    const inquiry = await client().inquire(account);
    return client(options).transfer('p-10', { ...account, sessionId: inquiry.sessionId });
  };
  troubles.push(passOn, loseTheAnswer);

  await once(async () => {
    await refused(run({ retry: { attempts: 1 } }));
    return run();
  });

  assert.equal(storage.length, 0);
});

test('a token that has run out says nothing about an earlier request', async () => {
  troubles.push(loseTheAnswer);
  const body = unnamed();
  await refused(client({ retry: { attempts: 1 } }).transfer('p-11', body));
  const place = storage.key(0);
  storage.setItem(place, JSON.stringify({ ...JSON.parse(storage.getItem(place)), unansweredAt: Date.now() - 600_000 }));

  const error = await refused(client({ token: () => 'nonsense' }).resume('p-11'));

  assert.deepEqual([error.code, error.nothingSent], ['UNAUTHORIZED', false]);
  assert.equal(client().pending().length, 1);
});

for (const [words, trouble] of [
  ['a table that does not answer', say(503, 'MAINTENANCE_MODE', true)],
  ['a query parameter that a proxy added', say(400, 'INVALID_PARAMETER', false)],
  ['a field that another version refuses', say(422, 'VALIDATION_ERROR', false)],
  ['an existing transfer', answer(503, { response_code: 'MAINTENANCE_MODE', response_message: 'words', retryable: true, transfer: { partnerReferenceNo: 'PAY-1', status: 'SUCCESS', nextAction: 'NONE' } })],
]) {
  test(`a refusal because of ${words} says nothing about an earlier request`, async () => {
    troubles.push(loseTheAnswer);
    const name = `p-refused-${words.length}`;
    await refused(client({ retry: { attempts: 1 } }).transfer(name, unnamed()));
    const place = storage.key(0);
    storage.setItem(place, JSON.stringify({ ...JSON.parse(storage.getItem(place)), unansweredAt: Date.now() - 600_000 }));
    troubles.push(trouble);

    const error = await refused(client({ retry: { attempts: 1 } }).resume(name));

    assert.equal(error.nothingSent, false);
    assert.equal(client().pending().length, 1);
  });
}

test('what one API did not answer is never sent to another', async () => {
  troubles.push(hangUp);
  await refused(client({ retry: { attempts: 1 } }).transfer('p-12', unnamed()));

  const other = client({ baseUrl: `${url}/other` });

  assert.deepEqual(other.pending(), []);
  assert.equal(await other.resume('p-12'), null);
  assert.equal(client().pending().length, 1);
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
  const error = await refused(client().transfer('w-11', order()));
  assert.match(error.message, /quota/);
  assert.deepEqual([error.code, error.nothingSent], ['NO_STORAGE', true]);
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

test('a batch is created once, decided and submitted', async () => {
  const payouts = client();
  const { sessionId, ...wrongName } = order({ beneficiaryAccountNumber: '9990000277', beneficiaryAccountName: 'BUDI SANTOSO' });
  const body = { batchReference: 'CLIENT-1', transfers: [wrongName] };
  troubles.push(loseTheAnswer);
  await payouts.createBatch(body);
  let batch = await payouts.batch('CLIENT-1');
  for (let tries = 0; batch.status !== 'NEEDS_ATTENTION' && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    batch = await payouts.batch('CLIENT-1');
  }

  const { rows } = await payouts.batchRows('CLIENT-1', { outcome: 'NAME_DIFFERS' });
  assert.deepEqual(rows.map(({ row, nameMatch, bankAccountName }) => [row, nameMatch, bankAccountName]), [[1, 'TITLE_ONLY', 'BPK BUDI SANTOSO']]);
  assert.equal((await payouts.changeBatchRows('CLIENT-1', [1], { nameConfirmed: true })).status, 'READY');
  assert.equal((await payouts.stepBatch('CLIENT-1', 'submission')).status, 'PENDING_APPROVAL');
  const waiting = await payouts.batches({ status: 'PENDING_APPROVAL' });
  assert.ok(waiting.batches.some(({ batchReference }) => batchReference === 'CLIENT-1'));
  assert.equal((await payouts.stepBatch('CLIENT-1', 'cancellation')).status, 'CANCELLED');
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

test('what the system notes about a batch is translated', async () => {
  globalThis.localStorage = new MemoryStorage();
  localStorage.setItem('console.language', 'id');
  const { translated } = await import('../../console/api-texts.js');
  const notes = [
    '3 rows may be paid, 1 need attention',
    '3 rows were read',
    '3 rows were sent before',
    'row 2',
    'rows 2, 5, 9',
    '30 rows from 2 to 90',
    'although PAYROLL-1 has the same accounts and amounts',
    'no row of PAYROLL-1 is left to be paid again',
    'the balance does not cover 200000.00 rupiah for the next 3 rows',
    'the balance covers the next rows',
    'the deadline for funds has passed',
    'it was to be paid more than 7 days ago; resume it if it still is to be paid',
    'no row was sent',
    'DOKU refused row 5 for lack of funds',
    'DOKU refused row 5 for lack of funds, though the balance covers it',
    'DOKU refused 5 rows in a row: Inactive account',
    "DOKU's answers were unclear for 5 rows; their status checks go on",
    'the limit of 3 transfers a day for this deployment leaves no room for this batch; nothing was sent. It resets at 2024-09-18T00:00:00+07:00',
    'the limit of 5000000.00 rupiah a day for one caller leaves no room for this batch; nothing was sent. It resets at 2024-09-18T00:00:00+07:00',
  ];
  assert.deepEqual(notes.filter((note) => translated(note) === null), []);
});

test('a status check is not announced as a question to DOKU', () => {
  // The API returns the stored status if it is under ten seconds old or too many requests go to DOKU.
  for (const language of [english, indonesian]) {
    for (const key of ['transfer.checking', 'transfer.checked']) assert.doesNotMatch(language[key], /DOKU/, key);
  }
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
