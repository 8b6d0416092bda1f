/**
 * Signing in with an OpenID Connect provider: authorization code with PKCE, as a public client (RFC 7636, RFC 9700).
 *
 * config.json: `"oidc": {"issuer": "https://login.example.com/", "clientId": "console", "scope": "openid transfers:read",
 * "parameters": {"audience": "payouts"}}`; `parameters` are added to the request, as some providers want them. The
 * provider must allow this page's address without its fragment as a redirect URI, and this origin by CORS.
 */

const STARTED = 'console.oidc';

/** Leave for the provider's page. Throws an Error where it cannot be found. */
export async function signIn({ issuer, clientId, scope, parameters = {} }) {
  const provider = await discover(issuer);
  const started = { state: random(), verifier: random(), back: location.hash };
  sessionStorage.setItem(STARTED, JSON.stringify(started));
  const query = new URLSearchParams({
    ...parameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri(),
    scope,
    state: started.state,
    code_challenge: await challenge(started.verifier),
    code_challenge_method: 'S256',
  });
  location.assign(`${provider.authorization_endpoint}?${query}`);
}

/**
 * The access token, on the way back from the provider; null where this is no way back. The code is taken out of the
 * address at once. Throws an Error with the reason.
 */
export async function finishSignIn({ issuer, clientId }) {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state')) return null;
  const started = JSON.parse(sessionStorage.getItem(STARTED) ?? '{}');
  sessionStorage.removeItem(STARTED);
  history.replaceState(null, '', redirectUri() + (started.back ?? ''));
  if (answer.get('state') !== started.state) throw new Error('this is not the answer to our request');
  if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error'));
  const provider = await discover(issuer);
  const response = await fetch(provider.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.get('code'),
      client_id: clientId,
      redirect_uri: redirectUri(),
      code_verifier: started.verifier,
    }),
  });
  const said = await response.json();
  if (!response.ok) throw new Error(said.error_description ?? said.error ?? `HTTP ${response.status}`);
  return said.access_token;
}

async function discover(issuer) {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error(`the provider answers HTTP ${response.status}`);
  const provider = await response.json();
  if (provider.issuer.replace(/\/$/, '') !== issuer.replace(/\/$/, '')) throw new Error('the provider calls itself otherwise');
  return provider;
}

const redirectUri = () => location.origin + location.pathname;

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const challenge = async (verifier) => base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
