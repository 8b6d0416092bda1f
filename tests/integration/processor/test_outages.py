"""While DOKU or the table is down a notification stays in the queue (I11, I17)."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from local.aws.event_source import Drained
from notification_processor.app import create_handler
from notification_processor.services import build_services
from tests.integration.processor.notifications import (
    MINUTES,
    REFUNDED,
    WAITS,
    announced,
    call_back,
    created,
    findings,
    notified,
    put,
)
from tests.support.harness import World


@pytest.mark.covers("I11")
@pytest.mark.parametrize(
    "kind", ["error-before", "reset-before", "throttled", "garbage", "unknown-code", "wrong-amount"]
)
def test_an_unclear_doku_delays_a_notification(world: World, kind: str) -> None:
    options = {"wrong-amount": {"value": "1.00"}, "unknown-code": {"responseCode": "2005399"}}.get(kind, {})
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", kind, times=2, **options)
    call_back(world, reference)
    for wait in WAITS[:2]:
        assert world.pump() == Drained(batches=1, failed=1)
        assert world.existing(reference).status == "UNPAID"
        world.clock.advance(wait + 1)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == "SUCCESS"
    assert findings(world, reference).count("NOTIFIED") == 1


def test_a_notification_is_known_only_after_dokus_word(world: World) -> None:
    """The first try leaves NOTIFIED behind: the second one must ask all the same."""
    reference = created(world)
    world.clock.advance(5 * MINUTES)
    world.doku.fault("status", "error-before", times=1)
    call_back(world, reference, times=2)
    assert world.pump() == Drained(batches=1, succeeded=1, failed=1)
    assert world.existing(reference).status == "SUCCESS"


@pytest.mark.covers(23, "I11")
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_a_throttled_table_delays_a_notification(world: World, operation: str) -> None:
    reference = announced(world)
    world.faults.throttle(operation)
    assert world.pump() == Drained(batches=1, failed=1)
    assert world.existing(reference).status == "UNPAID"
    world.clock.advance(WAITS[0] + 1)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == "SUCCESS"


@pytest.mark.covers(23, "I11")
def test_a_throttled_index_delays_a_refund(world: World) -> None:
    reference = announced(world, REFUNDED)
    world.faults.throttle("Query")
    assert world.pump() == Drained(batches=1, failed=1)
    world.clock.advance(WAITS[0] + 1)
    assert world.pump() == Drained(batches=1, succeeded=1)
    assert world.existing(reference).status == "REFUNDED"


@pytest.mark.covers("I17")
def test_an_unexpected_failure_keeps_the_notification(world: World) -> None:
    """I17: neither the log of what failed nor that of what was applied has anything personal."""
    references = [announced(world), announced(world)]
    notified(world, sendTrxId="UNKNOWN", transactionId="DK00000000", message="QZSUHUT")
    put(world, '{"kind":"QZSUHUT"}', "QZSUHUT")
    written = io.StringIO()
    services = build_services(world.environment, world.clock, lambda: 0.0)
    handler = create_handler(services, Logger(service="processor-that-is-read", stream=written))

    def fail() -> None:
        raise RuntimeError("QZSUHUT 0012345678 628115678890 89012345")

    world.faults.before["UpdateItem"] = [fail]
    world.call_processor = handler
    assert world.pump() == Drained(batches=1, succeeded=1, failed=4)
    lines = written.getvalue().splitlines()
    logged = [json.loads(line) for line in lines]
    assert sorted(one["message"] for one in logged) == ["notification applied"] + ["notification kept"] * 4
    reasons = [one["reason"] for one in logged if one["message"] == "notification kept"]
    assert "RuntimeError" in reasons
    assert sorted(str(world.existing(one).status) for one in references) == ["SUCCESS", "UNPAID"]
    for line in lines:
        assert not [one for one in ("QZ", "SUHUT", "0012345678", "628115678890", "89012345", "eyJ") if one in line]
