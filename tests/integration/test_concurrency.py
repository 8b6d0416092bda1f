"""Many at once, in processes of their own (FAULTS 26, 33, 49, 50, 61, 64). `make prove ARGS=concurrency` draws more."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest

from doku_signing.timestamps import WIB
from local.stack import LocalStack
from tests.contention.deployment import Deployment
from tests.contention.scenarios import SCENARIOS, all_at_once, most_for_one
from tests.harness import order

DAY = 86_400


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with LocalStack() as stack:
        yield Deployment(stack)


@pytest.fixture(scope="module")
def limited() -> Iterator[Deployment]:
    """Ten times 10,000 rupiah a day, of which a caller may send seven."""
    limits = {"DailyAmountLimit": "100000.00", "CallerDailyCountLimit": "7"}
    with LocalStack(parameters=limits) as stack:
        yield Deployment(stack)


def a_day_of_its_own(deployment: Deployment) -> None:
    """The next one's first hour."""
    now = datetime.fromtimestamp(deployment.doku.now(), WIB)
    deployment.advance(DAY - (now.hour * 3600 + now.minute * 60))


@pytest.mark.covers(26, 33, 49, 50, 61, 64, "I1", "I2", "I8", "I10", "I12", "I16")
@pytest.mark.parametrize("name", SCENARIOS)
def test_many_at_once(deployment: Deployment, name: str) -> None:
    assert SCENARIOS[name](deployment, 1) > 3, "that was nothing at once"
    assert most_for_one(deployment) == (1, 1), "I1, I2"


@pytest.mark.covers("I21")
def test_32_at_once_never_exceed_the_limits(limited: Deployment) -> None:
    a_day_of_its_own(limited)
    bodies = [order(amount={"value": "10000.00", "currency": "IDR"}) for _ in range(32)]
    answers = all_at_once(
        (
            partial(limited.request, "POST", "/v1/transfers", body, caller=f"caller {number % 2}")
            for number, body in enumerate(bodies)
        ),
        threads=32,
    )
    references = {body["partnerReferenceNo"] for body in bodies}
    sent = [one for one in limited.doku.ledger()["debits"] if one["partnerReferenceNo"] in references]
    statuses = [answer.status for answer in answers]
    assert statuses.count(201) == len(sent) == 10
    assert set(statuses) == {201, 429}


@pytest.mark.covers(26, "I21")
def test_32_copies_of_one_request_at_once_are_counted_once(limited: Deployment) -> None:
    a_day_of_its_own(limited)
    body, too_much = (order(amount={"value": amount, "currency": "IDR"}) for amount in ("90000.00", "10001.00"))
    pay = partial(limited.request, "POST", "/v1/transfers")
    assert {answer.status for answer in all_at_once([partial(pay, body)] * 32, threads=32)} <= {201, 202}
    assert [pay(one).status for one in (too_much, order(amount={"value": "10000.00", "currency": "IDR"}))] == [429, 201]
    assert most_for_one(limited) == (1, 1), "I1, I2"
