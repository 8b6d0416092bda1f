"""Concurrent scenarios in an order drawn from a seed, checked against DOKU's ledger."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from tests.contention.batches import batches_and_single_transfers
from tests.contention.deployment import Deployment, run_concurrently
from tests.support.harness import Answer, inquiry_of, order

Scenario = Callable[[Deployment, int], int]
"""Takes a seed and returns the number of concurrent calls. Raises AssertionError."""

PAID_LATER = {"beneficiaryAccountNumber": "0012345678", "channelCode": "07"}
_PAID_AFTER = 301
_AFTER_THE_TOKEN_EXPIRED = 1000
_FINAL_TICKS = 4
_ATTEMPTS = 20


def one_key(deployment: Deployment, seed: int, callers: int = 32) -> int:
    """One request by many callers, in different spellings, with the key, the reference or both."""
    chance, body = random.Random(seed), order()
    key = {"Idempotency-Key": f"key-of-{body['partnerReferenceNo']}"}
    spellings = [dict(chance.sample(list(body.items()), len(body))) for _ in range(callers)]
    headers: Mapping[str, str] = key if seed % 2 else {}
    if seed % 3 == 0:
        deployment.doku.fault("transfer", chance.choice(["garbage", "reset-after", "error-after"]))
    answers = run_concurrently(partial(_pay, deployment, one, headers) for one in spellings)
    _check_one_payment(deployment.doku.ledger(), answers)
    return callers


def one_session(deployment: Deployment, seed: int, sessions: int = 20, callers: int = 8) -> int:
    """One session under many references at once; one of them is paid."""
    chance = random.Random(seed)
    for _ in range(sessions):
        body = order()
        session = deployment.request("POST", "/v1/account-inquiries", inquiry_of(body)).body["sessionId"]
        references = [f"{body['partnerReferenceNo']}-{number}" for number in range(callers)]
        chance.shuffle(references)
        bodies = [{**body, "sessionId": session, "partnerReferenceNo": reference} for reference in references]
        answers = run_concurrently(partial(_pay, deployment, one) for one in bodies)
        assert sorted(answer.status for answer in answers) == [201] + [409] * (callers - 1), answers
        ledger = deployment.doku.ledger()
        assert sum(_count(ledger["debits"], reference) for reference in references) == 1, "I2"
        assert sum(_sent(ledger, "transfer")[reference] for reference in references) == 1, "I1"
    return sessions * callers


def contradictions(deployment: Deployment, seed: int, keys: int = 30, callers: int = 8) -> int:
    """Many payments by several callers each, shuffled; a few callers send another request under a used key."""
    chance = random.Random(seed)
    bodies = [order(amount={"value": f"{10_000 + number}.00", "currency": "IDR"}) for number in range(keys)]
    calls = [body for body in bodies for _ in range(callers)]
    wrong = [{**body, "remark": "something else"} for body in chance.sample(bodies, keys // 10)]
    for body in bodies:  # the first request of each key precedes the contradicting one
        assert deployment.request("POST", "/v1/transfers", body).status in (201, 202)
    mixed = chance.sample(calls[keys:] + wrong, len(calls[keys:] + wrong))
    answers = run_concurrently(partial(_pay, deployment, one) for one in mixed)
    refused = [answer for answer in answers if answer.status == 409]
    assert len(refused) == len(wrong), "only another request under a used key is refused"
    ledger = deployment.doku.ledger()
    for body in bodies:
        reference = body["partnerReferenceNo"]
        assert _count(ledger["debits"], reference) == 1, f"I2: {reference}"
        assert _sent(ledger, "transfer")[reference] == 1, f"I1: {reference}"
    return len(mixed)


def many_keys_at_once(deployment: Deployment, seed: int, keys: int = 100, callers: int = 8) -> int:
    """Many payments by several callers each, all at once: the callers of a key race for the conditional create."""
    bodies = [order() for _ in range(keys)]
    calls = [body for body in bodies for _ in range(callers)]
    random.Random(seed).shuffle(calls)
    answers = run_concurrently(partial(_pay, deployment, one) for one in calls)
    by_reference: dict[str, list[Answer]] = {body["partnerReferenceNo"]: [] for body in bodies}
    for answer in answers:
        assert answer.status in (201, 202), answer.body
        by_reference[answer.body["partnerReferenceNo"]].append(answer)
    assert {len(found) for found in by_reference.values()} == {callers}, "I8: answered with another transfer"
    ledger = deployment.doku.ledger()
    for found in by_reference.values():
        _check_one_payment(ledger, found)
    return len(calls)


def pollers_and_processor(deployment: Deployment, seed: int, transfers: int = 20) -> int:
    """Two pollers and the processor at once, with two notifications for each transfer."""
    references = [_created(deployment, PAID_LATER) for _ in range(transfers)]
    deployment.advance(_PAID_AFTER)
    actions: list[Callable[[], Any]] = [deployment.tick, deployment.tick, deployment.process, deployment.process]
    random.Random(seed).shuffle(actions)
    before = _sent(deployment.doku.ledger(), "status")
    run_concurrently(actions)
    run_concurrently([deployment.process])
    asked = _sent(deployment.doku.ledger(), "status") - before
    for reference in references:
        # One check for the slot, and one for each of the two copies of a notification.
        assert 1 <= asked[reference] <= 3, f"I12: DOKU was asked {asked[reference]} times about {reference}"
        assert _status(deployment, reference) == "SUCCESS", f"I10: {reference}"
    return len(actions)


def three_pollers(deployment: Deployment, seed: int, transfers: int = 20) -> int:
    """Three pollers at once, twice: at most one check for each due slot, and all outcomes are found."""
    references = [_created(deployment, PAID_LATER) for _ in range(transfers)]
    for _ in range(2):
        deployment.advance(66)
        due = {one for one in references if _is_due(deployment, one)}
        before = _sent(deployment.doku.ledger(), "status")
        ticks = run_concurrently([deployment.tick] * 3)
        asked = _sent(deployment.doku.ledger(), "status") - before
        twice = {one: asked[one] for one in due if asked[one] > 1}
        assert not twice, f"I12: asked more than once in this slot: {twice}"
        missed = {one for one in due if not asked[one]}
        assert len(missed) <= _left_for_later(ticks), f"I12: not checked and not reported: {missed}: {ticks}"
    for _ in range(_FINAL_TICKS):  # a poller that waited for AWS left some to a later slot
        deployment.advance(_PAID_AFTER)
        deployment.tick()
        found = {one: _status(deployment, one) for one in references}
        wrong = {one: status for one, status in found.items() if status != "SUCCESS"}
        if not wrong:
            break
    assert not wrong, f"I13: paid, and still {wrong}"
    return 6


def everything_about_one(deployment: Deployment, seed: int, rounds: int = 3) -> int:
    """Refreshes, a poller, replays and notifications of one transfer at once."""
    chance = random.Random(seed)
    for _ in range(rounds):
        body = order(**PAID_LATER)
        assert deployment.request("POST", "/v1/transfers", body).status in (201, 202)
        reference = body["partnerReferenceNo"]
        deployment.advance(_PAID_AFTER)
        path = f"/v1/transfers/{reference}"
        actions: list[Callable[[], Any]] = [
            *[partial(deployment.request, "POST", f"{path}/status-checks")] * 3,
            *[partial(_pay, deployment, body)] * 3,
            *[deployment.tick, deployment.process, deployment.process],
        ]
        chance.shuffle(actions)
        run_concurrently(actions)
        deployment.process()
        found = deployment.request("GET", path).body
        assert found["status"] == "SUCCESS", f"I10: {found}"
        said = Counter(seen["finding"] for seen in found["history"])
        assert said["SUBMITTING"] == said["NOTIFIED"] == 1, f"each must be recorded once: {said}"
        ledger = deployment.doku.ledger()
        assert _sent(ledger, "transfer")[reference] == _count(ledger["debits"], reference) == 1, "I1, I2"
    return rounds * 9


def one_token(deployment: Deployment, seed: int, callers: int = 16) -> int:
    """The token of all environments is refused or too old at once. One new token is requested; each pays once."""
    _created(deployment, {})
    if seed % 2:
        deployment.doku.expire_tokens()
    else:
        deployment.advance(_AFTER_THE_TOKEN_EXPIRED)
    before = _tokens_issued(deployment)
    bodies = [order() for _ in range(callers)]
    answers = run_concurrently(partial(_pay, deployment, body) for body in bodies)
    assert {answer.status for answer in answers} == {201}
    assert _tokens_issued(deployment) == before + 1, "I16"
    ledger = deployment.doku.ledger()
    assert all(_count(ledger["debits"], body["partnerReferenceNo"]) == 1 for body in bodies), "I2"
    return callers


SCENARIOS: Mapping[str, Scenario] = {
    "three pollers": three_pollers,
    "two pollers and the processor": pollers_and_processor,
    "everything about one transfer": everything_about_one,
    "one token for all": one_token,
    "one session under 8 references": one_session,
    "32 callers with one key": one_key,
    "30 keys, and contradictions": contradictions,
    "100 keys by 8 callers each": many_keys_at_once,
    "batches and single transfers": batches_and_single_transfers,
}
"""Pollers come first, since they check all transfers that are in the table."""


def most_for_one(deployment: Deployment) -> tuple[int, int]:
    """The maximum number of accepted transfer requests, and of debits, of one reference."""
    ledger = deployment.doku.ledger()
    debits = Counter(one["partnerReferenceNo"] for one in ledger["debits"])
    return max(_sent(ledger, "transfer").values()), max(debits.values())


def _check_one_payment(ledger: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    assert {answer.status for answer in answers} <= {201, 202}, [answer.body for answer in answers]
    (reference,) = {answer.body["partnerReferenceNo"] for answer in answers}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1, "I8: exactly one must send"
    assert len({(one.body["amount"]["value"], one.body["createdAt"]) for one in answers}) == 1, "I8: one transfer"
    assert _sent(ledger, "transfer")[reference] == 1, "I1"
    assert _count(ledger["debits"], reference) == 1, "I2"


def _pay(deployment: Deployment, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """Create a transfer as a client does: repeat the request while the answer says so."""
    for _ in range(_ATTEMPTS):
        answer = deployment.request("POST", "/v1/transfers", body, headers)
        if not answer.body.get("retryable"):
            break
    return answer


def _created(deployment: Deployment, fields: Mapping[str, str]) -> str:
    answer = deployment.request("POST", "/v1/transfers", order(**fields))
    assert answer.status in (201, 202), answer.body
    return str(answer.body["partnerReferenceNo"])


def _status(deployment: Deployment, reference: str) -> str:
    return str(deployment.request("GET", f"/v1/transfers/{reference}").body["status"])


def _is_due(deployment: Deployment, reference: str) -> bool:
    next_check = deployment.request("GET", f"/v1/transfers/{reference}").body["nextCheckAt"]
    return next_check is not None and datetime.fromisoformat(next_check).timestamp() <= deployment.doku.now()


def _left_for_later(ticks: Iterable[Mapping[str, Any]]) -> float:
    """The number of slots that these ticks report as not checked; infinite if one was not finished."""
    at_work = [tick for tick in ticks if not tick["busy"]]
    return sum(tick["skipped"] + tick["silent"] if tick["finished"] else math.inf for tick in at_work)


def _tokens_issued(deployment: Deployment) -> int:
    return sum(one["executed"] for one in deployment.doku.ledger()["tokenRequests"])


def _sent(ledger: Mapping[str, Any], operation: str) -> Counter[str]:
    """Requests of an operation that DOKU did not refuse with 401, by reference."""
    requests = (one for one in ledger["requests"] if one["operation"] == operation and one["httpStatus"] != 401)
    return Counter(one["partnerReferenceNo"] for one in requests)


def _count(entries: Iterable[Mapping[str, Any]], reference: str) -> int:
    return sum(one["partnerReferenceNo"] == reference for one in entries)
