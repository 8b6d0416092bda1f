"""The modules that are mutated, each with the tests that know it."""

from collections.abc import Mapping

_PAYOUTS = "layers/payouts/payouts"
_VALUES = "tests/unit/test_values.py"

MODULES: Mapping[str, tuple[str, ...]] = {
    f"{_PAYOUTS}/money.py": (_VALUES, "tests/properties/test_money.py", "tests/unit/test_answers.py"),
    f"{_PAYOUTS}/schedule.py": ("tests/unit/test_schedule.py",),
    f"{_PAYOUTS}/transfer.py": ("tests/unit/test_transfer.py", _VALUES, "tests/properties/test_merge.py"),
    f"{_PAYOUTS}/doku/evidence.py": ("tests/unit/test_evidence.py",),
    f"{_PAYOUTS}/doku/outcomes.py": (_VALUES, "tests/unit/test_outcomes.py"),
    f"{_PAYOUTS}/codes/decide.py": (_VALUES, "tests/unit/test_codes_decide.py"),
    f"{_PAYOUTS}/codes/biller.py": ("tests/unit/test_codes_decide.py", "tests/unit/test_codes_explain.py"),
    "layers/doku_signing/doku_signing/notification.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/request.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/timestamps.py": ("tests/unit/test_signing.py",),
    "layers/doku_signing/doku_signing/token.py": ("tests/unit/test_signing.py",),
}
"""The quickest tests first: the first failure ends a mutant."""
