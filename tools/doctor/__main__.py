"""Checks a set-up against its DOKU: secret, clock, token, signature, path prefix, deposit, API and callback URLs.

Of the local run, of a deployment (ENV=sandbox), or of nothing but credentials (DOKU_BASE_URL and DOKU_SECRET_FILE). It
moves no money and changes nothing but the access token, which the functions share.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from doku_signing.notification import Scheme
from local.doku_secret import SettingError, from_environment
from payouts.doku.client import account_of
from payouts.domain.credentials import Credentials
from payouts.runtime.config import DokuSettings
from payouts.runtime.credentials import has_no_value
from payouts.runtime.variables import ConfigurationError
from tools.deployment import NoSuchDeployment, add_option, find
from tools.doctor import api, doku, open_transfers, secret
from tools.doctor.finding import Finding, Verdict, ok, skipped, wrong
from tools.doctor.setup import SetUp, of_file, of_target


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when nothing is wrong, 1 when something is, 2 when there is nothing to look at."""
    parser = argparse.ArgumentParser(prog="make doctor", description=__doc__)
    add_option(parser)
    options = parser.parse_args(arguments)
    try:
        chosen = from_environment() if options.env == "local" else None
        setup = of_file(chosen) if chosen else of_target(find(options.env))
    except (NoSuchDeployment, SettingError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"looking at {setup.name}\n")
    return told(examine(setup))


def examine(setup: SetUp, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Every check, in the order in which one depends on another."""
    try:
        settings = DokuSettings.read(setup.environment)
        scheme = Scheme(setup.environment.get("NOTIFICATION_SIGNATURE") or Scheme.AES_ECB)
    except (ConfigurationError, ValueError) as error:
        yield wrong("settings", str(error), "Mend that parameter of the template.")
        return
    yield ok("settings", f"{settings.base_url}{settings.path_prefix}, channel {settings.channel_id}, {scheme}")
    yield from _doku(setup, settings, scheme, clock)
    if setup.api_url:
        yield from api.check(setup.api_url, setup.issuer)
    else:
        yield skipped("API", "nothing is deployed; with ENV=sandbox the deployment is looked at as well")


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
        yield skipped("DOKU", "mend the secret first")
    else:
        yield from doku.check(setup, settings, clock)
        if setup.table is not None:
            account = account_of(settings, Credentials.parse(text).client_id)
            yield from open_transfers.check(setup.table, account)


def told(findings: Iterable[Finding]) -> int:
    """Print each as it comes, and how many are wrong."""
    counts = dict.fromkeys(Verdict, 0)
    for finding in findings:
        counts[finding.verdict] += 1
        print(f"{finding.verdict:8} {finding.check}: {finding.seen}", flush=True)
        if finding.mend:
            print(f"{'':8} -> {finding.mend}")
    print(f"\ndoctor: {counts[Verdict.OK]} ok, {counts[Verdict.WARNING]} warnings, {counts[Verdict.WRONG]} wrong")
    return 1 if counts[Verdict.WRONG] else 0


if __name__ == "__main__":
    sys.exit(main())
