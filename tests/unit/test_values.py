"""The domain's values are immutable and hold declared fields only."""

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from payouts.doku.outcomes import Classification, Outcome
from payouts.domain.money import Rupiah, signed
from payouts.domain.transfer import DokuAccount, Finding, Intent, Observation, Reason, Source, Transfer

INTENT = Intent("PAY-1", "628115678890", "8377388292", "014", Rupiah(20_000_000), "S1")
VALUES = [
    *(Rupiah(1), INTENT, Transfer(INTENT, "f", 1_000, ("1",)), Observation(1, Finding.SUCCESS, Source.SUBMIT)),
    *(Classification(Outcome.ACCEPTED), DokuAccount("api.doku.com", "BRN-1", ""), Reason("4034314", "no funds")),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_cannot_be_changed(value: Any) -> None:
    for name in [*(member.name for member in fields(value)), "another"]:
        with pytest.raises((FrozenInstanceError, TypeError)):  # TypeError: what slots make of a name that is no field
            setattr(value, name, None)
    assert isinstance(value, Transfer) or not hasattr(value, "__dict__")  # a transfer keeps its reading


@pytest.mark.parametrize(
    ("sen", "text"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (20_000_000, "200000.00"), (-20_000_050, "-200000.50")]
)
def test_a_difference_has_its_sign(sen: int, text: str) -> None:
    assert signed(sen) == text


def test_a_transfer_names_the_row_of_its_batch() -> None:
    single = Transfer(INTENT, "f", created_at=0, external_ids=("1",))
    assert single.batch_row is None
    assert replace(single, origin="PAYROLL-2024-09#12").batch_row == ("PAYROLL-2024-09", 12)
