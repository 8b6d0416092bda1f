"""Check a set-up against its DOKU: secret, clock, token, signature, path prefix, balance, API and notification URLs.

The set-up is the local run, a deployment (`--env sandbox`), or a file of credentials (DOKU_BASE_URL and
DOKU_SECRET_FILE). The checks move no money and change nothing but the access token that the functions share.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict

from botocore.exceptions import BotoCoreError, ClientError

from doku_signing.notification import Scheme
from local.doku_secret import from_environment
from payouts.doku.client import account_of
from payouts.domain.credentials import Credentials
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import has_no_value
from payouts.runtime.variables import ConfigurationError
from tools.deployment import find
from tools.doctor import api, concurrency, doku, open_transfers, secret
from tools.doctor.finding import Finding, Verdict, ok, skipped, wrong
from tools.doctor.setup import SetUp, of_deployment, of_file
from tools.output import print_json, print_verdict


def run(env: str, as_json: bool = False) -> bool:
    """Print every finding and their counts. Return False if one is wrong.

    Raises CommandError without a deployment, and SettingError for variables of another DOKU that cannot be used.
    """
    other = from_environment() if env == "local" else None
    setup = of_file(other) if other else of_deployment(find(env))
    if as_json:
        return print_as_json(setup.name, list(examine(setup)))
    print(f"checking {setup.name}\n")
    return print_findings(examine(setup))


def examine(setup: SetUp, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Run every check, in the order in which they depend on each other."""
    try:
        settings = DokuSettings.read(setup.environment)
        scheme = Scheme(setup.environment.get("NOTIFICATION_SIGNATURE") or Scheme.AES_ECB)
    except (ConfigurationError, ValueError) as error:
        yield wrong("settings", str(error), "Correct that parameter of the template.")
        return
    yield ok("settings", f"{settings.base_url}{settings.path_prefix}, channel {settings.channel_id}, {scheme}")
    yield from _doku(setup, settings, scheme, clock)
    if setup.api_url:
        yield from api.check(setup.api_url, setup.issuer)
    else:
        yield skipped("API", "nothing is deployed; --env sandbox checks a deployment as well")
    if setup.reserves_concurrency is not None:
        yield concurrency.check(setup.reserves_concurrency)


def _doku(setup: SetUp, settings: DokuSettings, scheme: Scheme, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        text = setup.secrets.get_secret_value(SecretId=settings.secret_id).get("SecretString", "")
    except (ClientError, BotoCoreError) as error:
        if not (isinstance(error, ClientError) and has_no_value(error)):
            yield wrong("secret", f"it can't be read: {error}", "You need secretsmanager:GetSecretValue on it.")
            return
        text = ""
    found = list(secret.check(text, scheme))
    yield from found
    if any(finding.verdict is Verdict.WRONG and finding.check != "notification key" for finding in found):
        yield skipped("DOKU", "fix the secret first")
    else:
        yield from doku.check(setup, settings, clock)
        if setup.table is not None:
            account = account_of(settings, Credentials.parse(text).client_id)
            yield from open_transfers.check(setup.table, account)


def print_findings(findings: Iterable[Finding]) -> bool:
    """Print each finding as it comes, then their counts. Return False if one is wrong."""
    counts = dict.fromkeys(Verdict, 0)
    for finding in findings:
        counts[finding.verdict] += 1
        print_verdict(finding.verdict, f"{finding.check}: {finding.seen}")
        if finding.fix:
            print(f"{'':8} -> {finding.fix}")
    print(f"\ndoctor: {counts[Verdict.OK]} ok, {counts[Verdict.WARNING]} warnings, {counts[Verdict.WRONG]} wrong")
    return not counts[Verdict.WRONG]


def print_as_json(name: str, findings: list[Finding]) -> bool:
    """Print the findings as one JSON document. Return False if one is wrong."""
    print_json({"deployment": name, "findings": [asdict(finding) for finding in findings]})
    return all(finding.verdict is not Verdict.WRONG for finding in findings)
