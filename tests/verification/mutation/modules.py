"""The mutated modules and the tests of each."""

from collections.abc import Mapping

_PAYOUTS = "layers/payouts/payouts"
_VALUES = "tests/unit/test_values.py"
_STATUS, _SCHEDULE = "tests/unit/test_status.py", "tests/unit/test_schedule.py"
_HISTORY = "tests/property/test_history.py"

MODULES: Mapping[str, tuple[str, ...]] = {
    f"{_PAYOUTS}/domain/account_name.py": ("tests/unit/test_names.py",),
    f"{_PAYOUTS}/domain/money.py": (_VALUES, "tests/property/test_money.py", "tests/unit/test_answers.py"),
    f"{_PAYOUTS}/domain/schedule.py": (_SCHEDULE,),
    f"{_PAYOUTS}/domain/observation.py": (_STATUS, _VALUES, _HISTORY),
    f"{_PAYOUTS}/domain/status.py": (_STATUS, _SCHEDULE, _HISTORY),
    f"{_PAYOUTS}/domain/transfer.py": (
        *(_STATUS, "tests/unit/test_status_version.py", "tests/unit/test_bounded_history.py", _VALUES, _HISTORY),
    ),
    f"{_PAYOUTS}/doku/observations.py": ("tests/unit/test_evidence.py",),
    f"{_PAYOUTS}/doku/outcomes.py": (_VALUES, "tests/unit/test_outcomes.py"),
    f"{_PAYOUTS}/codes/biller.py": ("tests/unit/test_codes_biller.py", "tests/unit/test_codes_explain.py"),
    "layers/doku_signing/doku_signing/notification.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/request.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/timestamps.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/token.py": ("tests/unit/test_signing.py",),
}
"""Module to test files, the fastest first: a mutant's run stops at the first failure."""
