"""The functions' environment: a bad or missing value stops the start and names the variable."""

import re
from collections.abc import Callable, Mapping

import pytest

from payouts.domain.limits import AmountLimits, DailyLimit, PayoutLimits
from payouts.domain.money import Rupiah
from payouts.runtime.config import DokuSettings, TableSettings
from payouts.runtime.limit_settings import amount_limits, payout_limits
from payouts.runtime.variables import ConfigurationError
from rollout_check.settings import RolloutCheck, RolloutCheckSettings
from tests.template.reading import translated

GOOD = {
    "TABLE_NAME": "payouts",
    "NOT_RECEIVED_AFTER_HOURS": "100",
    "DOKU_REQUESTS_PER_SECOND": "50",
    "DOKU_SECRET_ID": "arn:aws:secretsmanager:ap-southeast-3:123456789012:secret:doku-AbCdEf",
    "DOKU_BASE_URL": "https://api.doku.com",
    "DOKU_PATH_PREFIX": "/snap/v1.1",
    "DOKU_CHANNEL_ID": "KD",
    "MIN_AMOUNT": "1.00",
    "MAX_AMOUNT": "2.00",
    "ACCEPT_TRANSFERS": "false",
    "DAILY_AMOUNT_LIMIT": "3.00",
    "DAILY_COUNT_LIMIT": "4",
    "CALLER_DAILY_AMOUNT_LIMIT": "5.00",
    "CALLER_DAILY_COUNT_LIMIT": "6",
    "NEW_VERSION_ARN": "arn:aws:lambda:ap-southeast-3:123456789012:function:payouts-StatusPoller:2",
    "ROLLOUT_CHECK": "dry-tick",
}
NO_COUNT = [" ", "-1", "1.0", "00", "four", "4\n", "\u0664"]
NO_AMOUNT = [" ", "-1.00", "3", "3.000", "1e9", "unlimited", "3.00\n"]
BLANK = ["", " ", "a b", "a\n", "\n", "a\tb"]
BAD = {
    "TABLE_NAME": BLANK,
    "NOT_RECEIVED_AFTER_HOURS": ["", "0", "23", "-72", "72.0", "+72", " 72", "72\n", "three", "\u0667\u0662", "1e2"],
    "DOKU_REQUESTS_PER_SECOND": ["", "-1", "1.5", " 20", "20\n", "many", "\u0662\u0660"],
    "DOKU_SECRET_ID": BLANK,
    "DOKU_BASE_URL": [
        *("", "api.doku.com", "//api.doku.com", "ftp://api.doku.com", "https://", "https:///x", "HTTPS"),
        *("https://api.doku.com/", "https://api.doku.com/v1.0", "https://api.doku.com\n", " https://api.doku.com"),
        *("https://api.doku.com@evil", "https://user:secret@api.doku.com", "https://api.doku.com:443@evil.example"),
        *(
            "https://api.doku.com?x=1",
            "https://api.doku.com#x",
            "https://api.doku.com\\@evil",
            "https://api.doku.com%40x",
        ),
        *("http://api.doku.com", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://127.1"),
        *(
            "http://127.0.0.1@evil:80",
            "http://10.0.0.1:80",
            "http://[::2]",
            "http://localhost:80/",
            "http://0.0.0.0:80",
        ),
        *("https://api.doku.com:", "https://api.doku.com:0", "https://api.doku.com:65536", "https://api.doku.com:x"),
        *("https://.doku.com", "https://api.doku.com.", "https://api..doku.com ", "https://\u0430pi.doku.com"),
    ],
    "DOKU_PATH_PREFIX": ["", "/", "v1.0", "/v1.0/", "/v1.0//x", "/v1.0?x=1", "/v1 0", "/v1.0\n", "/é", "https://x/v1"],
    "DOKU_CHANNEL_ID": [*BLANK, "H2H\r\nX-Evil: 1"],
    "MIN_AMOUNT": ["", "0", "1", "1.0", "-1.00", "1,000.00", "1e5", "NaN", " 1.00", "1.00\n"],
    "MAX_AMOUNT": ["", "0", "2", "2.000", "-2.00", "10000000000000000.00", "unlimited"],
    "ACCEPT_TRANSFERS": ["", "yes", "True", "false\n"],
    "DAILY_AMOUNT_LIMIT": NO_AMOUNT,
    "DAILY_COUNT_LIMIT": NO_COUNT,
    "CALLER_DAILY_AMOUNT_LIMIT": NO_AMOUNT,
    "CALLER_DAILY_COUNT_LIMIT": NO_COUNT,
    "NEW_VERSION_ARN": BLANK,
    "ROLLOUT_CHECK": ["", "dry", "DRY_TICK", "dry-tick\n"],
}
READERS: dict[str, Callable[[Mapping[str, str]], object]] = {
    "TABLE_NAME": TableSettings.read,
    "NOT_RECEIVED_AFTER_HOURS": DokuSettings.read,
    "DOKU_REQUESTS_PER_SECOND": DokuSettings.read,
    "DOKU_SECRET_ID": DokuSettings.read,
    "DOKU_BASE_URL": DokuSettings.read,
    "DOKU_PATH_PREFIX": DokuSettings.read,
    "DOKU_CHANNEL_ID": DokuSettings.read,
    "MIN_AMOUNT": amount_limits,
    "MAX_AMOUNT": amount_limits,
    "ACCEPT_TRANSFERS": payout_limits,
    "DAILY_AMOUNT_LIMIT": payout_limits,
    "DAILY_COUNT_LIMIT": payout_limits,
    "CALLER_DAILY_AMOUNT_LIMIT": payout_limits,
    "CALLER_DAILY_COUNT_LIMIT": payout_limits,
    "NEW_VERSION_ARN": RolloutCheckSettings.read,
    "ROLLOUT_CHECK": RolloutCheckSettings.read,
}


def test_what_is_set_is_read() -> None:
    assert TableSettings.read(GOOD) == TableSettings("payouts")
    assert DokuSettings.read(GOOD) == DokuSettings(
        "https://api.doku.com", "/snap/v1.1", "KD", GOOD["DOKU_SECRET_ID"], 100, 50
    )
    assert amount_limits(GOOD) == AmountLimits(Rupiah(100), Rupiah(200))

    assert RolloutCheckSettings.read(GOOD) == RolloutCheckSettings(GOOD["NEW_VERSION_ARN"], RolloutCheck.DRY_TICK)
    rails = PayoutLimits(False, DailyLimit(Rupiah(300), 4), DailyLimit(Rupiah(500), 6))
    assert payout_limits(GOOD) == rails


URLS = [
    *("https://api.doku.com", "https://api-sandbox.doku.com:8443", "https://10.0.0.1", "https://doku"),
    *("http://127.0.0.1:4010", "http://localhost:65535", "http://localhost", "http://[::1]:4010"),
]


@pytest.mark.parametrize("url", URLS)
def test_doku_is_called_over_https_or_on_this_machine(url: str) -> None:
    assert DokuSettings.read({**GOOD, "DOKU_BASE_URL": url}).base_url == url


@pytest.mark.parametrize("url", [*URLS, *BAD["DOKU_BASE_URL"]])
def test_the_templates_pattern_is_that_of_the_functions(url: str) -> None:
    """Except for ports that do not exist."""
    pattern = translated().document["Parameters"]["DokuBaseUrl"]["AllowedPattern"]
    allowed = re.fullmatch(pattern, url) is not None
    assert allowed is (url in URLS or url.endswith(":65536"))


@pytest.mark.parametrize("nothing", ["", "0"])
def test_a_limit_of_nothing_is_no_limit(nothing: str) -> None:
    limits = dict.fromkeys([name for name in GOOD if name.endswith("_LIMIT")], nothing)
    assert (
        payout_limits(limits) == payout_limits({}) == PayoutLimits(True, DailyLimit(None, None), DailyLimit(None, None))
    )


def test_what_is_not_set_has_the_defaults_of_the_design() -> None:
    settings = DokuSettings.read({"DOKU_SECRET_ID": "doku"})
    assert settings == DokuSettings("https://api-sandbox.doku.com", "/v1.0", "H2H", "doku", 72, 20)
    assert amount_limits({}) == AmountLimits(Rupiah(10_000_00), Rupiah(250_000_000_00))


@pytest.mark.parametrize("name", ["TABLE_NAME", "DOKU_SECRET_ID", "NEW_VERSION_ARN", "ROLLOUT_CHECK"])
def test_a_missing_variable_without_a_default_is_named(name: str) -> None:
    environment = {other: value for other, value in GOOD.items() if other != name}
    with pytest.raises(ConfigurationError, match=f"^{name} is missing$"):
        READERS[name](environment)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_stops_the_start_and_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} .") as refused:
        READERS[name]({**GOOD, name: value})
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("limits", [("2.00", "1.00"), ("0.00", "1.00"), ("0.00", "0.00")])
def test_limits_that_allow_nothing_are_refused(limits: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"MIN_AMOUNT .* MAX_AMOUNT"):
        amount_limits({"MIN_AMOUNT": limits[0], "MAX_AMOUNT": limits[1]})


def test_one_single_amount_may_be_allowed() -> None:
    assert amount_limits({"MIN_AMOUNT": "5.00", "MAX_AMOUNT": "5.00"}).smallest == Rupiah(500)
