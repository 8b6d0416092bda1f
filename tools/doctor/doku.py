"""Check that DOKU answers, and that it accepts our signatures."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, cast

import requests

from payouts.codes.explain import explain
from payouts.doku import responses
from payouts.doku.client import DokuClient, Tokens
from payouts.doku.outcomes import Outcome
from payouts.doku.responses import DokuResponse
from payouts.doku.signer import MerchantKey
from payouts.doku.token import TokenRequester
from payouts.doku.transport import NeverSent, Transport
from payouts.domain.access_token import AccessToken
from payouts.domain.doku_said import DokuSaid
from payouts.domain.errors import Misconfigured, PayoutError
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import CredentialStore
from payouts.services.access_token import AccessTokens
from payouts.store.tokens import TokenStore
from tools.doctor.finding import Finding, ok, skipped, warning, wrong
from tools.doctor.setup import SetUp

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_SECONDS = 5.0
_SKEW_NOTICED, _SKEW_TOO_MUCH = 5.0, 60.0
_SET_THE_CLOCK = "set this machine's clock by NTP. Lambda's own clock is kept by AWS."
_PREFIXES = ("/v1.0", "/snap/v1.1")


class _OwnToken:
    """A token for this run alone: no deployment shares one."""

    def __init__(self, make: Callable[[], AccessToken]) -> None:
        self._make = make
        self._token: AccessToken | None = None

    def current(self) -> str:
        """Return the token; request it at the first call."""
        if self._token is None:
            self._token = self._make()
        return self._token.value

    def renew(self, refused: str) -> None:
        """Request another token."""
        self._token = self._make()


def check(setup: SetUp, settings: DokuSettings, clock: Callable[[], float]) -> Iterator[Finding]:
    """Check host, clock, token, signature, path prefix, agentKey and balance; end at the first that is wrong."""
    reached = list(_host(settings.base_url, clock))
    yield from reached
    if reached[0].verdict != "ok":
        yield skipped("token, balance", "DOKU can't be reached")
        return
    credentials = CredentialStore(cast("SecretsManagerClient", setup.secrets), settings.secret_id, clock)
    transport = Transport(settings.base_url)
    tokens = _tokens(setup.tokens, TokenRequester(transport, MerchantKey(setup.kms)), credentials, clock)
    token = _token(tokens, shared=setup.tokens is not None)
    yield token
    if token.verdict != "ok":
        yield skipped("balance", "there is no token")
        return
    yield from _balance(settings, lambda chosen: DokuClient(chosen, credentials, tokens, transport, clock))


def _host(base_url: str, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        answer = requests.head(base_url, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        yield wrong(
            "DOKU's host",
            f"{base_url} can't be reached ({type(error).__name__})",
            "Check DokuBaseUrl, the route to the internet, and DOKU's list of allowed addresses.",
        )
        return
    yield ok("DOKU's host", f"{base_url} answers")
    stated = answer.headers.get("Date")
    if stated is None:
        yield skipped("clock", "DOKU's host sends no Date header")
        return
    skew = clock() - parsedate_to_datetime(stated).timestamp()
    seen = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} DOKU's"
    fix = f"DOKU refuses wrong timestamps: {_SET_THE_CLOCK}"
    if abs(skew) > _SKEW_TOO_MUCH:
        yield wrong("clock", seen, fix)
    elif abs(skew) > _SKEW_NOTICED:
        yield warning("clock", seen, fix)
    else:
        yield ok("clock", "agrees with DOKU's")


def _tokens(
    store: TokenStore | None, requester: TokenRequester, credentials: CredentialStore, clock: Callable[[], float]
) -> Tokens:
    """The deployment's shared token, since a token of our own could invalidate the one in use."""
    if store is not None:
        return AccessTokens(store, requester, credentials, clock)
    return _OwnToken(lambda: requester.request_token(credentials.current(), clock()))


def _token(tokens: Tokens, shared: bool) -> Finding:
    try:
        if shared:
            tokens.renew(tokens.current())  # a token in the table does not prove that the key is right
        else:
            tokens.current()
    except Misconfigured as error:
        if error.doku and error.doku.names_timestamp:
            return _time_refused("token", error.doku)
        return wrong(
            "token",
            _format_doku(error.message, error.doku),
            "clientId must be of this environment (sandbox and production differ), and DOKU's dashboard must hold the "
            "public half of this private key: openssl rsa -in private.pem -pubout, or make public-key",
        )
    except PayoutError as error:
        return wrong("token", _format_doku(error.message, error.doku), "Try again; if it persists, ask DOKU.")
    return ok("token", "DOKU issued one for clientId and private key" + (", and the functions share it" * shared))


def _balance(settings: DokuSettings, client: Callable[[DokuSettings], DokuClient]) -> Iterator[Finding]:
    asked = _ask(client(settings))
    if isinstance(asked, Finding):
        yield asked
        return
    if asked.outcome is Outcome.ACCEPTED:
        yield ok("signature", f"DOKU accepts it, under {settings.path_prefix}")
        yield from _available(asked)
    elif not asked.verdict.code:
        yield _prefix(settings, client)
    else:
        yield _refused(asked)


def _ask(client: DokuClient) -> DokuResponse | Finding:
    try:
        return client.balance()
    except NeverSent as error:
        return wrong("balance", f"DOKU can't be reached ({error})", "Try again.")
    except PayoutError as error:
        return wrong("balance", _format_doku(error.message, error.doku), "Try again; if it persists, ask DOKU.")


def _prefix(settings: DokuSettings, client: Callable[[DokuSettings], DokuClient]) -> Finding:
    """Try the other path prefixes: the response is not in DOKU's format, so this one is probably wrong."""
    others = [prefix for prefix in _PREFIXES if prefix != settings.path_prefix]
    for prefix in others:
        asked = _ask(client(replace(settings, path_prefix=prefix)))
        if isinstance(asked, DokuResponse) and asked.verdict.code:
            return wrong(
                "path prefix",
                f"DOKU does not answer under {settings.path_prefix}, but under {prefix}",
                f"Set DokuPathPrefix (DOKU_PATH_PREFIX) to {prefix}: it is part of the signed text.",
            )
    return wrong(
        "path prefix",
        f"DOKU answers neither under {settings.path_prefix} nor under {', '.join(others)}",
        "Ask DOKU for the path of Kirim DOKU's calls, and whether the product is switched on for this clientId.",
    )


def _refused(asked: DokuResponse) -> Finding:
    code = asked.verdict.code
    said = DokuSaid(code, asked.verdict.message)
    if said.names_timestamp:
        return _time_refused("signature", said)
    seen = _format_doku("DOKU refuses a balance inquiry", said)
    if asked.outcome is Outcome.UNAUTHORIZED:
        return wrong(
            "signature",
            seen,
            "The token is valid, so the request is wrong: clientSecret must belong to this clientId, CHANNEL-ID must "
            "be the one agreed with DOKU (DokuChannelId), and DOKU may have to allow this machine's address.",
        )
    if code.startswith("404"):
        return wrong("agentKey", seen, "The balance inquiry names the agentKey: compare it with DOKU's dashboard.")
    return wrong("balance", seen, explain(code).readings[0].advice.next_step)


def _time_refused(check: str, said: DokuSaid) -> Finding:
    return wrong(
        check,
        _format_doku("DOKU refuses the time of the request", said),
        f"It is the clock, not the credentials: {_SET_THE_CLOCK} If the line above says that the clock "
        "is ok, DOKU compares with another clock: ask DOKU, or restart the simulator if its clock was moved.",
    )


def _available(asked: DokuResponse) -> Iterator[Finding]:
    balance = responses.balance(asked)
    if balance.available is None:
        yield warning("balance", "DOKU did not report one", "Look it up in DOKU's dashboard.")
    elif balance.alert_limit is not None and balance.available < balance.alert_limit:
        yield warning(
            "balance", f"{balance.available} rupiah, below the alert limit of {balance.alert_limit}", "Top it up."
        )
    else:
        yield ok("balance", f"{balance.available} rupiah available")


def _format_doku(message: str, said: DokuSaid | None) -> str:
    reply = " ".join(filter(None, (said.code, said.message))) if said else ""
    return f"{message} (DOKU: {reply})" if reply else message
