"""Batches from files: the form, reading, and what is wrong with a file."""

import base64
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local.aws.resources import CREDENTIALS
from local.in_process.batches import CHECKER, MAKER, Batches, post_file
from payouts.domain.batch_rows import CHUNK_ROWS
from payouts.runtime import aws
from payouts.store.packed_rows import packed, unpacked
from tests.integration.batches.rows import ACCOUNT, HEADER, LINE, new_batch, spreadsheet
from tests.support import log_watch
from tests.support.harness import Crash, World, crashing


def csv(*lines: str, header: str = HEADER) -> bytes:
    """A CSV file, in which each row has an account of its own. The test fails if personal values are logged."""
    rows = [line.replace(ACCOUNT, str(int(ACCOUNT) + number)) for number, line in enumerate(lines)]
    log_watch.note(dict(zip(HEADER.split(","), LINE.split(","), strict=True)))
    return "\n".join((header, *rows)).encode()


def money(rupiah: int) -> dict[str, str]:
    return {"value": f"{rupiah}.00", "currency": "IDR"}


def problem(batches: Batches, reference: str) -> str:
    """Why the file was not read. The batch still waits for one, and nothing of it is stored."""
    batches.work()
    found = batches.get(reference)
    assert (found["status"], found["rows"], found["file"]["reading"]) == ("RECEIVING", 0, False)
    assert batches.rows(reference) == []
    return str(found["file"]["problem"])


def stored(world: World, reference: str) -> list[str]:
    """The keys of the items of a batch, without its own."""
    return sorted(item["pk"] for item in world.scan() if item["pk"].startswith(f"BATCH#{reference}#"))


@pytest.mark.covers("I33", "I34")
def test_a_file_is_uploaded_checked_and_paid(world: World, batches: Batches) -> None:
    reference, content = new_batch(), csv(LINE, LINE)
    created = batches.create_of_file(reference, content, expectedCount=2, expectedTotal=money(400_000))
    assert (created.status, created.body["status"], created.body["rows"]) == (201, "RECEIVING", 0)
    post_file(created.body["upload"], content)
    started = batches.request("POST", f"{reference}/checks")
    assert (started.status, started.body["file"]["reading"]) == (202, True)
    batches.work()
    ready = batches.get(reference)
    assert (ready["status"], ready["payable"]["count"], ready["file"]["reading"]) == ("READY", 2, False)
    assert [each["row"] for each in batches.rows(reference)] == [2, 3]
    batches.submit(reference)
    batches.approve(reference)
    batches.work()
    assert [len(world.debits(f"{reference}-{row}")) for row in (2, 3)] == [1, 1]


def test_a_spreadsheet_is_read(batches: Batches, tmp_path: Path) -> None:
    reference = new_batch()
    batches.upload(reference, spreadsheet(tmp_path / "payouts.xlsx", LINE.split(",")))
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_the_form_takes_one_key_and_25_mb(world: World, batches: Batches) -> None:
    reference, content = new_batch(), csv(LINE)
    form = batches.create_of_file(reference, content).body["upload"]
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]
    assert ["content-length-range", 1, 25 * 2**20] in policy
    key = f"uploads/{reference}/{hashlib.sha256(content).hexdigest()}"
    assert {"key": key} in policy
    assert {"bucket": world.environment["BATCH_BUCKET"]} in policy
    assert form["fields"]["key"] == key


def test_a_form_is_signed_for_the_address_of_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser does not follow S3's redirect to the region with the file."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    aws.session.cache_clear()
    form = aws.s3_for_browsers().generate_presigned_post("files", "uploads/x")
    aws.session.cache_clear()
    assert form["url"] == "https://files.s3.ap-southeast-3.amazonaws.com/"
    assert form["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_a_repeated_request_gets_a_form_until_the_rows_are_stored(batches: Batches) -> None:
    reference, content = new_batch(), csv(LINE)
    first = batches.create_of_file(reference, content)
    again = batches.create_of_file(reference, content)
    assert "Idempotency-Replayed" not in first.headers
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.body["upload"]["fields"]["key"] == first.body["upload"]["fields"]["key"]
    post_file(again.body["upload"], content)
    batches.request("POST", f"{reference}/checks")
    batches.work()
    late = batches.create_of_file(reference, content)
    assert (late.status, late.body["status"], late.body["upload"]) == (201, "READY", None)


@pytest.mark.parametrize("fields", [{}, {"transfers": [{}], "sha256": "0" * 64}])
def test_transfers_or_a_file_is_required(batches: Batches, fields: dict[str, Any]) -> None:
    refused = batches.request("POST", "", {"batchReference": new_batch(), **fields})
    assert (refused.status, "exactly one of transfers and sha256" in refused.body["response_message"]) == (400, True)


@pytest.mark.parametrize("sha256", ["0" * 63, "G" * 64, "0" * 65])
def test_another_form_of_sha256_is_refused(batches: Batches, sha256: str) -> None:
    assert batches.request("POST", "", {"batchReference": new_batch(), "sha256": sha256}).status == 422


@pytest.mark.covers("I34")
def test_no_row_of_a_file_is_dropped(batches: Batches) -> None:
    reference = new_batch()
    lines = (LINE, LINE.replace("200000", "1.500"), "", LINE.replace(ACCOUNT, "12 34"), "628115678890,014")
    batches.upload(reference, csv(*lines))
    batches.work()
    assert batches.get(reference)["rows"] == 4
    shown = [(each["row"], each["outcome"], each["problems"]) for each in batches.rows(reference)]
    assert [(row, outcome) for row, outcome, _ in shown] == [(2, "OK"), (3, "INVALID"), (5, "INVALID"), (6, "INVALID")]
    assert [found["column"] for _, _, problems in shown for found in problems] == [
        "amount",
        "beneficiaryAccountNumber",
        "",
    ]


@pytest.mark.covers("I34")
def test_rows_of_a_file_with_one_reference_are_duplicates(batches: Batches) -> None:
    reference, count = new_batch(), CHUNK_ROWS + 1
    lines = [f"{LINE},{reference}-X{0 if number in (1, count) else number}" for number in range(1, count + 1)]
    batches.upload(reference, csv(*lines, header=f"{HEADER},partnerReferenceNo"))
    batches.work(most=1)
    assert batches.get(reference)["outcomes"]["DUPLICATE"]["count"] == 2


@pytest.mark.covers("I34")
def test_equal_payments_of_a_file_need_a_confirmation(batches: Batches) -> None:
    """Also if they are in different chunks."""
    reference, content = new_batch(), csv(*[LINE] * CHUNK_ROWS) + csv(LINE, header="")
    batches.upload(reference, content)
    batches.work()
    found = batches.get(reference)
    assert (found["status"], found["outcomes"]["POSSIBLE_DUPLICATE"]["count"]) == ("NEEDS_ATTENTION", 1)
    (last,) = batches.rows(reference, outcome="POSSIBLE_DUPLICATE")
    assert (last["row"], last["possibleDuplicate"]) == (CHUNK_ROWS + 2, f"{reference}-2")


def test_a_file_that_was_not_uploaded_may_come_later(batches: Batches) -> None:
    reference, content = new_batch(), csv(LINE)
    form = batches.create_of_file(reference, content).body["upload"]
    batches.request("POST", f"{reference}/checks")
    assert problem(batches, reference).startswith("nothing was uploaded")
    post_file(form, content)
    assert batches.request("POST", f"{reference}/checks").status == 202
    batches.work()
    assert batches.get(reference)["status"] == "READY"


def test_a_file_with_another_sha256_is_not_read(world: World, batches: Batches) -> None:
    reference, content = new_batch(), csv(LINE)
    form = batches.create_of_file(reference, content).body["upload"]
    post_file(form, csv(LINE.replace("200000", "900000")))
    batches.request("POST", f"{reference}/checks")
    assert "another SHA-256" in problem(batches, reference)
    assert stored(world, reference) == []
    post_file(form, content)
    batches.request("POST", f"{reference}/checks")
    batches.work()
    assert batches.get(reference)["payable"]["amount"]["value"] == "200000.00"


WRONG_FILES: dict[str, tuple[Callable[[], bytes], dict[str, Any], str]] = {
    "count": (lambda: csv(LINE), {"expectedCount": 2}, "expectedCount is 2, but there are 1"),
    "total": (lambda: csv(LINE), {"expectedTotal": money(1)}, "expectedTotal is 1.00, but"),
    "column": (lambda: csv(LINE + ",x", header=HEADER + ",wages"), {}, "unknown column: wages"),
    "truncated": (lambda: csv(LINE, f'{LINE},"'), {}, "the file is not valid CSV after row 2"),
    "zip": (lambda: b"PK\x03\x04" + bytes(100), {}, "the file is not a spreadsheet"),
}


@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_a_wrong_file_can_be_corrected(world: World, batches: Batches, wrong: str) -> None:
    content, fields, expected = WRONG_FILES[wrong]
    reference = new_batch()
    batches.upload(reference, content(), **fields)
    assert problem(batches, reference).startswith(expected)
    assert stored(world, reference) == []
    refused = batches.request("POST", f"{reference}/checks")
    assert (refused.status, expected in refused.body["response_message"]) == (409, True)
    assert batches.upload(reference, csv(LINE, LINE)).status == 202
    batches.work()
    corrected = batches.get(reference)
    assert (corrected["status"], corrected["payable"]["count"]) == ("READY", 2)
    assert [each["action"] for each in corrected["history"]] == [
        *("CREATED", "READ_STARTED", "FILE_REFUSED", "FILE_REPLACED", "READ_STARTED", "CHECK_STARTED", "CHECKED")
    ]


def test_too_many_rows_are_refused_as_a_whole(world: World, batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_worker.rows.MOST_ROWS", 150)
    reference = new_batch()
    batches.upload(reference, csv(*[LINE] * 151))
    assert problem(batches, reference).startswith("the file has more than 150 rows")
    assert stored(world, reference) == []


@pytest.mark.covers("I33")
def test_nobody_approves_a_file_that_they_declared(batches: Batches) -> None:
    reference, correction = new_batch(), csv(LINE, LINE)
    batches.upload(reference, csv(LINE))
    sha256 = hashlib.sha256(correction).hexdigest()
    body = {"batchReference": reference, "sha256": sha256}
    post_file(batches.request("POST", "", body, caller=CHECKER).body["upload"], correction)
    batches.request("POST", f"{reference}/checks")
    batches.work()
    batches.submit(reference)
    assert batches.approve(reference).body["response_code"] == "SELF_APPROVAL"
    assert batches.approve(reference, caller="sari").status == 200


def test_the_declaration_is_fixed_once_rows_are_stored(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE))
    world.faults.crash_after("PutItem")  # its rows
    with crashing():
        batches.deliver_file(reference, csv(LINE))
    other = batches.create_of_file(reference, csv(LINE, LINE))
    assert (other.status, other.body["response_code"]) == (409, "DUPLICATE_TRANSACTION")
    world.clock.advance(400)  # the lease of the worker that died
    Batches.start(world).deliver_file(reference, csv(LINE))
    batches.work()
    assert batches.get(reference)["payable"]["count"] == 1


def test_a_file_that_was_replaced_meanwhile_is_not_stored(world: World, batches: Batches) -> None:
    """The correction arrives while a worker reads the first file."""
    reference, first, second = new_batch(), csv(LINE), csv(LINE, LINE)
    batches.upload(reference, first)
    world.faults.after.setdefault("GetObject", []).append(lambda: _replace(batches, reference, second))
    batches.deliver_file(reference, first)
    found = batches.get(reference)
    assert (found["status"], found["file"]["sha256"]) == ("RECEIVING", hashlib.sha256(second).hexdigest())
    assert stored(world, reference) == []
    batches.request("POST", f"{reference}/checks")
    batches.work()
    assert batches.get(reference)["rows"] == 2


def _replace(batches: Batches, reference: str, content: bytes) -> None:
    post_file(batches.create_of_file(reference, content).body["upload"], content)


@pytest.mark.covers("I34")
@pytest.mark.sweep
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "GetItem", "GetObject"])
@pytest.mark.parametrize("calls", range(6))
def test_a_crash_at_any_call_loses_no_row(world: World, batches: Batches, operation: str, calls: int) -> None:
    reference, count = new_batch(), 2 * CHUNK_ROWS + 1
    content = csv(*[LINE] * count)
    batches.upload(reference, content, expectedCount=count, expectedTotal=money(200_000 * count))
    for _ in range(calls):
        world.faults.after.setdefault(operation, []).append(lambda: None)
    world.faults.crash_after(operation)
    with suppress(Crash):
        batches.deliver_file(reference, content)
    world.faults.after.clear()
    world.clock.advance(400)
    batches = Batches.start(world)
    world.tick()
    batches.work(most=1)
    found = batches.get(reference)
    assert (found["status"], found["rows"]) == ("CHECKING", count)
    pages = [batches.rows(reference, limit="100", cursor=str(after)) for after in (0, 101, 201)]
    assert [each["row"] for page in pages for each in page] == list(range(2, count + 2))


@pytest.mark.covers("I34")
def test_a_redelivered_message_changes_nothing(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE))
    batches.deliver_file(reference, csv(LINE))
    batches.work()
    before = batches.get(reference)
    batches.deliver_file(reference, csv(LINE))
    assert batches.get(reference) == before


def test_one_worker_at_a_time_reads_a_file(world: World, batches: Batches) -> None:
    reference, other = new_batch(), Batches.start(world)
    batches.upload(reference, csv(LINE))
    calls: list[str] = []
    world.faults.after.setdefault("GetObject", []).append(lambda: calls.append(_second(world, other, reference)))
    batches.deliver_file(reference, csv(LINE))
    assert calls == ["GetObject 1"]
    assert batches.get(reference)["status"] == "CHECKING"


def _second(world: World, other: Batches, reference: str) -> str:
    other.deliver_file(reference, csv(LINE))
    return f"GetObject {world.faults.calls.count('GetObject')}"


@pytest.mark.covers("I34")
def test_a_worker_that_outlives_its_lease_changes_nothing(world: World, batches: Batches) -> None:
    """It stops after its first chunk; another worker loads the file and checks the rows; then the first goes on."""
    reference, content, other = new_batch(), csv(*[LINE] * (CHUNK_ROWS + 1)), Batches.start(world)
    batches.upload(reference, content)
    shown: list[list[dict[str, Any]]] = []
    world.faults.after.setdefault("PutItem", []).append(lambda: shown.append(_overtake(world, other, reference)))
    batches.deliver_file(reference, content)
    assert {each["outcome"] for each in shown[0]} == {"OK"}
    assert batches.rows(reference, limit="100") == shown[0]
    assert batches.get(reference)["status"] == "READY"


def _overtake(world: World, other: Batches, reference: str) -> list[dict[str, Any]]:
    world.clock.advance(400)
    world.tick()
    other.work()
    assert other.get(reference)["status"] == "READY"
    return other.rows(reference, limit="100")


def test_a_worker_short_of_time_lets_the_next_go_on(world: World, batches: Batches) -> None:
    reference, count = new_batch(), 41 * CHUNK_ROWS  # the rows of a page, and of one chunk more
    content = csv(*[LINE] * count)
    batches.upload(reference, content)
    left = iter([300_000, 300_000, *[10_000] * 20])
    batches.deliver_file(reference, content, lambda: next(left))
    assert batches.get(reference)["status"] == "RECEIVING"
    pages = [key for key in stored(world, reference) if "#PAGE#" in key]
    assert pages == [f"BATCH#{reference}#PAGE#0"]
    batches.work(most=1)
    found = batches.get(reference)
    assert (found["status"], found["rows"]) == ("CHECKING", count)


@pytest.mark.covers("I33")
def test_stored_rows_of_another_reading_are_not_checked(world: World, batches: Batches) -> None:
    """A release that reads the file differently stored the first chunk, and another one goes on."""
    reference, content = new_batch(), csv(*[LINE] * 101)
    batches.upload(reference, content)
    world.faults.crash_after("PutItem")  # the first chunk
    with crashing():
        batches.deliver_file(reference, content)
    key = {"pk": {"S": f"BATCH#{reference}#ROWS#0"}}
    table = world.environment["TABLE_NAME"]
    rows = world.dynamodb.get_item(TableName=table, Key=key)["Item"]["rows"]["S"]
    world.dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #rows = :rows",
        ExpressionAttributeNames={"#rows": "rows"},
        ExpressionAttributeValues={":rows": {"S": packed(unpacked(rows)[1:])}},
    )
    world.clock.advance(400)
    Batches.start(world).deliver_file(reference, content)
    found = batches.get(reference)
    assert (found["status"], found["file"]["reading"]) == ("RECEIVING", False)
    assert found["file"]["problem"].startswith("the stored rows are not those of the file")
    assert batches.request("POST", f"{reference}/checks").status == 409


def test_a_file_is_read_again_after_s3_was_silent(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE))
    world.faults.before.setdefault("GetObject", []).append(_unreachable)
    assert batches.deliver_file(reference, csv(LINE))["batchItemFailures"] == []  # the tick is sooner than SQS
    assert batches.get(reference)["file"] | {"sha256": ""} == {
        "sha256": "",
        "expectedCount": None,
        "expectedTotal": None,
        "reading": True,
        "problem": None,
    }
    batches.pass_time(2)
    assert batches.get(reference)["status"] == "READY"


def _unreachable() -> None:
    raise EndpointConnectionError(endpoint_url="https://s3.ap-southeast-3.amazonaws.com")


def test_a_batch_without_its_file_expires(world: World, batches: Batches) -> None:
    reference = new_batch()
    form = batches.create_of_file(reference, csv(LINE)).body["upload"]
    world.clock.advance(23 * 3600)
    world.tick()
    assert batches.get(reference)["status"] == "RECEIVING"
    world.clock.advance(3700)
    world.tick()
    assert batches.get(reference)["status"] == "EXPIRED"
    post_file(form, csv(LINE))
    assert batches.request("POST", f"{reference}/checks").status == 409


def test_a_refused_file_may_be_corrected_for_24_hours(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE), expectedCount=2)
    batches.pass_time(3)
    assert batches.get(reference)["status"] == "RECEIVING"
    world.clock.advance(24 * 3600)
    world.tick()
    assert batches.get(reference)["status"] == "EXPIRED"


def test_a_cancelled_batch_stores_no_rows(world: World, batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE))
    world.faults.after.setdefault("GetObject", []).append(lambda: _cancel(batches, reference))
    batches.deliver_file(reference, csv(LINE))
    assert batches.get(reference)["status"] == "CANCELLED"
    assert stored(world, reference) == []
    assert batches.request("POST", f"{reference}/checks").status == 409


def _cancel(batches: Batches, reference: str) -> None:
    batches.request("POST", f"{reference}/cancellation")


def test_a_row_of_only_separators_is_refused(batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv("," * 2**19))
    assert problem(batches, reference).startswith("the file is not valid CSV after row 1: a row of more than 256 KB")


def test_the_history_names_who_started_reading(batches: Batches) -> None:
    reference = new_batch()
    batches.upload(reference, csv(LINE))
    batches.work()
    history = [(each["by"], each["action"], each["note"]) for each in batches.get(reference)["history"]]
    assert history[1] == (MAKER, "READ_STARTED", "")
    assert history[2] == ("system", "CHECK_STARTED", "1 rows were read")
