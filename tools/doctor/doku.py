"""Does DOKU answer, and does it accept what we sign?"""

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
from payouts.domain.credentials import AccessToken
from payouts.domain.errors import DokuSaid, Misconfigured, PayoutError
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
    """A token for this run alone, where no deployment shares one."""

    def __init__(self, make: Callable[[], AccessToken]) -> None:
        self._make = make
        self._token: AccessToken | None = None

    def current(self) -> str:
        """The token, made when first asked for."""
        if self._token is None:
            self._token = self._make()
        return self._token.value

    def renew(self, refused: str) -> None:
        """Make another one."""
        self._token = self._make()


def check(setup: SetUp, settings: DokuSettings, clock: Callable[[], float]) -> Iterator[Finding]:
    """Host, clock, token, signature, path prefix, agentKey and deposit, in this order; ends at the first that fails."""
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
        yield skipped("balance", "there is no token to ask with")
        return
    yield from _balance(settings, lambda chosen: DokuClient(chosen, credentials, tokens, transport, clock))


def _host(base_url: str, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        answer = requests.head(base_url, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        yield wrong(
            "DOKU's host",
            f"{base_url} can't be reached ({type(error).__name__})",
            "Look at DokuBaseUrl, at the way to the internet, and at the list of addresses that DOKU lets call.",
        )
        return
    yield ok("DOKU's host", f"{base_url} answers")
    stated = answer.headers.get("Date")
    if stated is None:
        yield skipped("clock", "DOKU's host does not say what time it is")
        return
    skew = clock() - parsedate_to_datetime(stated).timestamp()
    seen = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} DOKU's"
    mend = f"DOKU refuses timestamps that are off: {_SET_THE_CLOCK}"
    if abs(skew) > _SKEW_TOO_MUCH:
        yield wrong("clock", seen, mend)
    elif abs(skew) > _SKEW_NOTICED:
        yield warning("clock", seen, mend)
    else:
        yield ok("clock", "agrees with DOKU's")


def _tokens(
    store: TokenStore | None, minter: TokenRequester, credentials: CredentialStore, clock: Callable[[], float]
) -> Tokens:
    """The deployment's way to a token, since a token of our own could end the life of the one in use."""
    if store is not None:
        return AccessTokens(store, minter, credentials, clock)
    return _OwnToken(lambda: minter.request_token(credentials.current(), clock()))


def _token(tokens: Tokens, shared: bool) -> Finding:
    try:
        if shared:
            tokens.renew(tokens.current())  # the one in the table says nothing of the key
        else:
            tokens.current()
    except Misconfigured as error:
        if error.doku and error.doku.names_timestamp:
            return _time_refused("token", error.doku)
        return wrong(
            "token",
            _told(error.message, error.doku),
            "clientId must be of this environment (sandbox and production differ), and DOKU's dashboard must hold the "
            "public half of this private key: openssl rsa -in private.pem -pubout, or make public-key",
        )
    except PayoutError as error:
        return wrong("token", _told(error.message, error.doku), "Try again; if it stays so, ask DOKU.")
    return ok("token", "DOKU gave one for clientId and private key" + (", and the functions share it" * shared))


def _balance(settings: DokuSettings, client: Callable[[DokuSettings], DokuClient]) -> Iterator[Finding]:
    asked = _ask(client(settings))
    if isinstance(asked, Finding):
        yield asked
        return
    if asked.outcome is Outcome.ACCEPTED:
        yield ok("signature", f"DOKU accepts it, below {settings.path_prefix}")
        yield from _deposit(asked)
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
        return wrong("balance", _told(error.message, error.doku), "Try again; if it stays so, ask DOKU.")


def _prefix(settings: DokuSettings, client: Callable[[DokuSettings], DokuClient]) -> Finding:
    """What came back is no answer in DOKU's format: probably there is nothing below this path."""
    others = [prefix for prefix in _PREFIXES if prefix != settings.path_prefix]
    for prefix in others:
        asked = _ask(client(replace(settings, path_prefix=prefix)))
        if isinstance(asked, DokuResponse) and asked.verdict.code:
            return wrong(
                "path prefix",
                f"nothing of DOKU's answers below {settings.path_prefix}, but {prefix} does",
                f"Set DokuPathPrefix (DOKU_PATH_PREFIX) to {prefix}: it is part of what is signed.",
            )
    return wrong(
        "path prefix",
        f"nothing of DOKU's answers below {settings.path_prefix}, nor below {', '.join(others)}",
        "Ask DOKU for the path of Kirim DOKU's calls, and whether the product is switched on for this clientId.",
    )


def _refused(asked: DokuResponse) -> Finding:
    code = asked.verdict.code
    said = DokuSaid(code, asked.verdict.message)
    if said.names_timestamp:
        return _time_refused("signature", said)
    seen = _told("DOKU refuses a balance inquiry", said)
    if asked.outcome is Outcome.UNAUTHORIZED:
        return wrong(
            "signature",
            seen,
            "The token was good, so it is the request: clientSecret must be this clientId's, CHANNEL-ID what DOKU "
            "agreed to (DokuChannelId), and this machine's address may have to be registered with DOKU.",
        )
    if code.startswith("404"):
        return wrong("agentKey", seen, "The balance is asked for by agentKey: look at it in DOKU's dashboard.")
    return wrong("balance", seen, explain(code).readings[0].advice.next_step)


def _time_refused(check: str, said: DokuSaid) -> Finding:
    return wrong(
        check,
        _told("DOKU refuses the time of the request", said),
        f"It is the clock, not the credentials: {_SET_THE_CLOCK} Where the line above says that the clock "
        "is ok, DOKU judges by another one: ask DOKU, or start the simulator anew if its clock was moved.",
    )


def _deposit(asked: DokuResponse) -> Iterator[Finding]:
    balance = responses.balance(asked)
    if balance.available is None:
        yield warning("deposit", "DOKU did not state one", "Look at it in DOKU's dashboard.")
    elif balance.alert_limit is not None and balance.available < balance.alert_limit:
        yield warning(
            "deposit", f"{balance.available} rupiah, below the alert limit of {balance.alert_limit}", "Top it up."
        )
    else:
        yield ok("deposit", f"{balance.available} rupiah available")


def _told(message: str, said: DokuSaid | None) -> str:
    words = " ".join(filter(None, (said.code, said.message))) if said else ""
    return f"{message} (DOKU: {words})" if words else message
