/** Where the API is, and the token to call it with. The token lives in sessionStorage: this tab alone, never a URL. */

import { setClock } from './clock.js';
import { Payouts } from './payouts.js';

const TOKEN = 'console.token';
const API_URL = 'console.apiUrl';
const PERSON = 'console.person';

/**
 * config.json: `apiUrl` ('' is this origin), `oidc` (see oidc.js) or null, `environment` (production, sandbox or any text);
 * in the local run `local`, and `dokuHost` unless DOKU is the simulator.
 */
export let config = { apiUrl: '', oidc: null, environment: '', local: false, dokuHost: null };
/** Whether the local run has its simulator. */
export let hasSimulator = false;
/** The people of the local run, each with a token of its own; none elsewhere. */
export let people = [];
/** @type {Payouts} */
export let payouts;

/** Read the configuration, and in the local run fetch its token. */
export async function begin() {
  try {
    config = { ...config, ...(await (await fetch('config.json', { cache: 'no-store' })).json()) };
    if (config.local) await beginLocally();
  } finally {
    connect();
  }
}

export const token = () => sessionStorage.getItem(TOKEN) ?? '';
export const apiUrl = () => localStorage.getItem(API_URL) ?? config.apiUrl;

export function setToken(text) {
  if (text) sessionStorage.setItem(TOKEN, text);
  else sessionStorage.removeItem(TOKEN);
}

/** Use the API at `url` from now on; null is the configured one. */
export function setApiUrl(url) {
  if (url === null) localStorage.removeItem(API_URL);
  else localStorage.setItem(API_URL, url);
  connect();
}

/** What the token says: `sub`, `exp` (seconds), `scopes`. Empty where it is no JWT. Shown only; the API decides. */
export function claims() {
  try {
    const payload = token().split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
    const said = JSON.parse(atob(payload));
    return { ...said, scopes: Array.isArray(said.scp) ? said.scp : (said.scope ?? '').split(' ').filter(Boolean) };
  } catch {
    return { scopes: [] };
  }
}

/** Whether there is a token that has a scope, as far as the page can read it. Shown only; the API decides. */
export function may(scope) {
  const { scopes } = claims();
  return token() !== '' && (scopes.length === 0 || scopes.includes(scope));
}

export const mayBatch = () => may('batches:write');

export const mayApprove = () => may('batches:approve');

/** Ask the local run something below /_local. Throws an Error with its words. */
export async function askLocally(path, { method = 'GET', body } = {}) {
  const headers = { 'X-Local-Console': '1', 'Content-Type': 'application/json' };
  const response = await fetch(`/_local/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const said = await response.json();
  if (!response.ok) throw new Error(said.message);
  return said;
}

/** Go on as another person of the local run, in this tab. */
export async function becomePerson(name) {
  sessionStorage.setItem(PERSON, name);
  await beginLocally();
}

export const currentPerson = () => sessionStorage.getItem(PERSON) ?? people[0];

async function beginLocally() {
  const session = await askLocally('session');
  const tokens = { merchant: session.token, approver: session.approverToken };
  people = Object.keys(tokens);
  setToken(tokens[currentPerson()]);
  hasSimulator = session.simulator;
  setClock(session.now);
}

function connect() {
  payouts = new Payouts({ baseUrl: apiUrl(), token, scope: 'console' });
}
