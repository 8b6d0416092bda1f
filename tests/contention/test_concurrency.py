"""Concurrent callers of function processes: `make contention`. `make prove ARGS=concurrency` has more seeds."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial

import pytest

from doku_signing.timestamps import WIB
from local.engines import dynamodb_local
from tests.contention.deployment import Deployment, run_concurrently, running
from tests.contention.scenarios import SCENARIOS, most_for_one
from tests.support.harness import order

DAY = 86_400


@pytest.fixture(scope="module")
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    with ExitStack() as engines:
        real = "dynamodb-local" in request.config.getoption("--engine")
        table_url = engines.enter_context(dynamodb_local.running()) if real else None
        with running(table_url) as started:
            yield started


@pytest.fixture(scope="module")
def limited() -> Iterator[Deployment]:
    """Limits: 100,000 rupiah a day, and seven transfers a caller."""
    with running(DailyAmountLimit="100000.00", CallerDailyCountLimit="7") as started:
        yield started


def check(deployment: Deployment, scenario: str, seed: int = 1) -> None:
    assert SCENARIOS[scenario](deployment, seed) > 3, "too few concurrent calls"
    assert most_for_one(deployment) == (1, 1), "I1, I2"


@pytest.mark.covers(49, 50, "I12")
def test_three_pollers_ask_once_a_slot_and_miss_nothing(deployment: Deployment) -> None:
    check(deployment, "three pollers")


@pytest.mark.covers(33, 49, "I10", "I12")
def test_two_pollers_and_the_processor_end_where_doku_does(deployment: Deployment) -> None:
    check(deployment, "two pollers and the processor")


@pytest.mark.covers(33, "I1", "I2", "I10")
def test_concurrent_events_of_one_transfer_are_recorded_once(deployment: Deployment) -> None:
    check(deployment, "everything about one transfer")


@pytest.mark.covers(64, "I16")
@pytest.mark.parametrize("seed", [1, 2], ids=["refused", "too old"])
def test_one_token_is_requested_for_all(deployment: Deployment, seed: int) -> None:
    check(deployment, "one token for all", seed)


@pytest.mark.covers(26, 61, "I1", "I2")
def test_one_session_under_eight_references_pays_once(deployment: Deployment) -> None:
    check(deployment, "one session under 8 references")


@pytest.mark.covers(26, "I1", "I2", "I8")
@pytest.mark.parametrize("seed", [1, 2], ids=["key", "reference"])
def test_32_callers_with_one_key_pay_once(deployment: Deployment, seed: int) -> None:
    check(deployment, "32 callers with one key", seed)


@pytest.mark.covers(26, "I1", "I2", "I8")
def test_contradicting_callers_are_refused(deployment: Deployment) -> None:
    check(deployment, "30 keys, and contradictions")


@pytest.mark.covers(26, "I1", "I2", "I8")
def test_100_keys_by_8_callers_pay_once_each(deployment: Deployment) -> None:
    check(deployment, "100 keys by 8 callers each")


@pytest.mark.covers("I35", "I36", "I37", "I38")
def test_batches_and_single_transfers_pay_each_row_once(deployment: Deployment) -> None:
    check(deployment, "batches and single transfers")


def start_a_new_day(deployment: Deployment) -> None:
    """Advance to the first hour of the next day."""
    now = datetime.fromtimestamp(deployment.doku.now(), WIB)
    deployment.advance(DAY - (now.hour * 3600 + now.minute * 60))
    assert deployment.request("GET", "/v1/balance").status == 200, "needs a token"


@pytest.mark.covers("I21")
@pytest.mark.parametrize(("callers", "most"), [(1, 7), (32, 10)], ids=["of one caller", "of all"])
def test_32_at_once_never_exceed_the_limits(limited: Deployment, callers: int, most: int) -> None:
    start_a_new_day(limited)
    bodies = [order(amount={"value": "10000.00", "currency": "IDR"}) for _ in range(32)]
    answers = run_concurrently(
        partial(limited.request, "POST", "/v1/transfers", body, caller=f"caller {number % callers}")
        for number, body in enumerate(bodies)
    )
    references = {body["partnerReferenceNo"] for body in bodies}
    sent = [one for one in limited.doku.ledger()["debits"] if one["partnerReferenceNo"] in references]
    statuses = [answer.status for answer in answers]
    assert statuses.count(201) == len(sent) == most
    assert set(statuses) == {201, 429}


@pytest.mark.covers(26, "I21")
def test_32_copies_of_one_request_at_once_are_counted_once(limited: Deployment) -> None:
    start_a_new_day(limited)
    amounts = ("30000.00", "70001.00", "70000.00")
    body, too_much, the_rest = (order(amount={"value": amount, "currency": "IDR"}) for amount in amounts)
    pay = partial(limited.request, "POST", "/v1/transfers")
    assert {answer.status for answer in run_concurrently([partial(pay, body)] * 32)} <= {201, 202}
    assert [pay(one).status for one in (too_much, the_rest)] == [429, 201]
    assert most_for_one(limited) == (1, 1), "I1, I2"
