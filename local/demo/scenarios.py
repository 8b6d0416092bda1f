"""The scenarios of `make demo`. Each gets the stage and returns the reference whose timeline is printed."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests

from local.demo import batch_stage, batches, notifications, timeline, webhooks
from local.demo.stage import Stage

Play = Callable[[Stage], str]
Show = Callable[[Stage, str], None]
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Scenario:
    """A title, the story in one sentence, and the function that plays it."""

    title: str
    story: str
    play: Play
    show: Show = timeline.show_transfer


def scenarios(stage: Stage) -> Iterator[Scenario]:
    """All scenarios in the order of playing.

    The two time-outs wait 14 s for an answer that never comes, so they start first and are shown later.
    """
    moved, unmoved = _start_timeout(stage, "timeout-after"), _start_timeout(stage, "timeout-before")
    stage.wait_for_debit(moved[0])  # before the next scenario lowers the balance
    yield Scenario("paid at once", "An inquiry, a transfer under its session, and a status check.", paid_at_once)
    yield Scenario("rejected", "The balance is too low.", rejected)
    yield Scenario("replayed request", "The merchant's frontend sends the same request again.", replayed)
    yield Scenario("token expired mid-flight", "DOKU refuses the token of a transfer that is under way.", token_expired)
    wait([moved[1], unmoved[1]])  # before the next scenario moves the clock
    yield Scenario(
        "time-out, the money moved", "DOKU executes the transfer and never answers.", lambda on: timed_out(on, *moved)
    )
    yield Scenario(
        "time-out, the money did not move",
        "DOKU neither executes the transfer nor answers.",
        lambda on: lost(on, *unmoved),
    )
    yield Scenario(
        "late execution after not found", "DOKU receives the transfer and executes it hours later.", executed_late
    )
    yield Scenario("crash between send and answer", "kill -9 while DOKU is executing the transfer.", crashed)
    yield Scenario("notifications lost", "No notification of DOKU arrives.", notifications.never_came)
    yield Scenario(
        "UNPAID then paid", "DOKU needs some minutes, then sends a notification.", notifications.unpaid_then_paid
    )
    yield Scenario(
        "UNPAID then failed", "DOKU needs hours, then sends a notification.", notifications.unpaid_then_failed
    )
    yield Scenario("paid then refunded", "DOKU refunds a paid transfer.", notifications.refunded)
    yield Scenario(
        "duplicate and out-of-order notifications",
        "Fifty copies of a notification arrive, and an older one after them.",
        notifications.duplicated_and_out_of_order,
    )
    yield Scenario(
        "forged notification", "A notification that DOKU did not send, and one that was altered.", notifications.forged
    )
    yield Scenario(
        "poison notification",
        "A notification that can't be applied moves to the dead-letter queue, and is redriven.",
        notifications.poisoned,
    )
    yield Scenario(
        "a receiver that was down catches up",
        "The merchant's back end fails, and webhooks wait until it is back.",
        webhooks.caught_up,
    )
    yield from _of_batches()


def _of_batches() -> Iterator[Scenario]:
    """Lists of transfers that are checked, approved and paid as a whole."""
    stories = (
        ("batch: payroll", "200 salaries: a wrong name, a duplicate, an unknown account.", batches.payroll),
        ("batch: funds run out", "The balance is too low, and topped up later.", batches.waited_for_funds),
        ("batch: crash", "kill -9 of the worker in the middle of the rows.", batches.worker_crashed),
        ("batch: cancelled halfway", "While a row is being sent.", batches.cancelled_halfway),
        (
            "batch: approval after a change",
            "It is changed while the approver reads it.",
            batches.changed_after_submission,
        ),
    )
    for title, story, play in stories:
        yield Scenario(title, story, play, batch_stage.show)


def paid_at_once(stage: Stage) -> str:
    """An inquiry, a transfer with its session, and a refresh."""
    body = stage.order()
    inquiry_fields = {name: value for name, value in body.items() if name != "partnerReferenceNo"}
    inquiry = stage.call("POST", "/v1/account-inquiries", inquiry_fields).json()
    stage.expect(inquiry["beneficiaryAccountName"] == "SUHUT", "the account holder's name at the bank: SUHUT")
    balance = stage.call("GET", "/v1/balance").json()["availableBalance"]["value"]
    stage.expect(bool(balance), f"the balance is {balance} rupiah, the fee {inquiry['fee']['value']}")
    created = stage.create({**body, "sessionId": inquiry["sessionId"]})
    stage.expect(created.status_code == 201 and created.json()["status"] == "ACCEPTED", "201: DOKU accepted it")
    refreshed = stage.get(body["partnerReferenceNo"], refresh=True)
    stage.expect(refreshed["status"] == "SUCCESS", "a refresh asks DOKU: SUCCESS")
    stage.expect_one_debit(body["partnerReferenceNo"])
    return str(body["partnerReferenceNo"])


def rejected(stage: Stage) -> str:
    """Insufficient balance."""
    before = stage.doku.ledger()["deposit"]
    body = stage.order()
    stage.doku.deposit("100000.00")
    answer = stage.create(body).json()
    stage.doku.deposit(before)
    stage.expect(answer["status"] == "FAILED", f"FAILED with DOKU's code {answer['reason']['code']}")
    stage.expect(stage.debits(body["partnerReferenceNo"]) == 0, "nothing was debited")
    return str(body["partnerReferenceNo"])


def replayed(stage: Stage) -> str:
    """The same request three times, two of them concurrent, and another amount under its reference."""
    body = stage.order()
    together = [stage.start_create(body), stage.start_create(body)]
    answers = [future.result() for future in together] + [stage.create(body)]
    replays = sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers)
    stage.expect(replays == 2, "of three equal requests, two are answered as replays")
    other = stage.create({**body, "amount": {"value": "900000.00", "currency": "IDR"}})
    stage.expect(other.status_code == 409, "another amount under the same reference is refused with 409")
    stage.expect_one_debit(body["partnerReferenceNo"])
    return str(body["partnerReferenceNo"])


def token_expired(stage: Stage) -> str:
    """A 401, and no record at DOKU: one second send, under a new X-EXTERNAL-ID."""
    body = stage.order()
    stage.doku.fault("transfer", "unauthorized", partnerReferenceNo=body["partnerReferenceNo"])
    answer = stage.create(body).json()
    statuses = [one["httpStatus"] for one in stage.sent(body["partnerReferenceNo"])]
    stage.expect(statuses == [401, 200], "refused with 401, and unknown to DOKU: sent once more with a new token")
    stage.expect(answer["status"] == "ACCEPTED", "ACCEPTED, with both sends in its history")
    stage.expect_one_debit(body["partnerReferenceNo"])
    return str(body["partnerReferenceNo"])


def timed_out(stage: Stage, reference: str, answer: "Future[requests.Response]") -> str:
    """The first status check finds the outcome."""
    _expect_in_doubt(stage, answer.result())
    checked = stage.tick_when_due(reference)
    stage.expect(checked["status"] == "SUCCESS", "a minute later, the poller's status check finds it paid")
    stage.expect_one_debit(reference)
    return reference


def lost(stage: Stage, reference: str, answer: "Future[requests.Response]") -> str:
    """FAILED only after 72 hours of "not found"."""
    _expect_in_doubt(stage, answer.result())
    checks = 1
    while (checked := stage.tick_when_due(reference))["status"] == "IN_DOUBT" and checks < 60:
        checks += 1
    hours = (datetime.fromisoformat(checked["updatedAt"]) - datetime.fromisoformat(checked["createdAt"])) / _HOUR
    stage.expect(checks >= 6 and hours >= 72, f'IN_DOUBT for {checks} checks with "not found" over {hours:.0f} hours')
    stage.expect(checked["reason"]["code"] == "NOT_RECEIVED", "then FAILED: DOKU had no record of it in all that time")
    stage.expect(stage.debits(reference) == 0, "nothing was debited")
    return reference


def executed_late(stage: Stage) -> str:
    """Not found for hours, and paid in the end."""
    body = stage.order()
    reference = str(body["partnerReferenceNo"])
    stage.doku.fault("transfer", "late", partnerReferenceNo=reference, seconds=5 * 3600)
    _expect_in_doubt(stage, stage.create(body))
    for _ in range(4):
        checked = stage.tick_when_due(reference)
    shown = (checked["status"], checked["reason"]["code"], checked["nextAction"])
    stage.expect(shown == ("IN_DOUBT", "NOT_RECEIVED", "ASK_DOKU"), '"not found" four times: IN_DOUBT, ask DOKU')
    stage.expect(not checked["final"], "nothing is final: do not pay again")
    ticks = 0
    while (checked := stage.tick_when_due(reference))["status"] == "IN_DOUBT" and ticks < 20:
        ticks += 1
    stage.expect(checked["status"] == "SUCCESS", "DOKU executes it after five hours, and the poller finds it paid")
    stage.expect_one_debit(reference)
    return reference


def crashed(stage: Stage) -> str:
    """Status checks settle it; it is never sent again."""
    body = stage.order()
    reference = str(body["partnerReferenceNo"])
    stage.doku.fault("transfer", "hold-after", partnerReferenceNo=reference)
    answer = stage.start_create(body)
    stage.wait_for_debit(reference)
    stage.kill()
    stage.expect(answer.result().status_code == 500, "the function crashes: the frontend gets 500 from API Gateway")
    stage.doku.heal()
    replay = stage.create(body)
    stage.expect(
        (replay.status_code, replay.json()["status"]) == (202, "SUBMITTING"),
        "the same request again: 202 with the existing transfer, and nothing is sent",
    )
    stage.expect(stage.tick_when_due(reference)["status"] == "SUCCESS", "the poller's next tick finds it paid")
    stage.expect_one_debit(reference)
    return reference


def _start_timeout(stage: Stage, kind: str) -> "tuple[str, Future[requests.Response]]":
    body = stage.order()
    reference = str(body["partnerReferenceNo"])
    stage.doku.fault("transfer", kind, partnerReferenceNo=reference, seconds=60)
    return reference, stage.start_create(body)


def _expect_in_doubt(stage: Stage, answer: requests.Response) -> None:
    known = (answer.status_code, answer.json()["status"])
    stage.expect(known == (202, "IN_DOUBT"), "202: IN_DOUBT, since the outcome is not known")
